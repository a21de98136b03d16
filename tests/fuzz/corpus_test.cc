// Runs the fuzz targets without a fuzzer, so that every test run exercises them: over each file of a target's
// folder, and over changes of each that a fixed seed gives.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fuzz/fuzz_target.h"

namespace twofold {
namespace {

constexpr uint32_t kSeed = 1;

void Change(std::string& input, std::mt19937& generator) {
  const size_t at = generator() % (input.size() + 1);
  switch (generator() % 5) {
    case 0:
      input.insert(at, 1, static_cast<char>(generator()));
      break;
    case 1:
      input.erase(at, 1 + generator() % 4);
      break;
    case 2:
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ 1 << generator() % 8);
      break;
    case 3:
      input.insert(at, input.substr(generator() % (input.size() + 1), generator() % 16));
      break;
    default:
      input.insert(at, 1, "=&%:0123456789-{}\"#?"[generator() % 20]);
  }
}

class Corpus : public testing::TestWithParam<FuzzTarget> {
 protected:
  Corpus() {
    for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz/corpus/" + GetParam().name)) {
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      inputs_.push_back(text.str());
    }
    EXPECT_FALSE(inputs_.empty());
  }

  static void RunTarget(const std::string& input) {
    GetParam().run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }

  std::vector<std::string> inputs_;
};

TEST_P(Corpus, EveryInputKeepsTheTargetsRules) {
  for (const std::string& input : inputs_) RunTarget(input);
  RunTarget("");
}

TEST_P(Corpus, ChangedInputsKeepTheTargetsRules) {
  std::printf("seed %u\n", kSeed);
  std::mt19937 generator(kSeed);
  for (const std::string& input : inputs_) {
    for (int i = 0; i < GetParam().changes; ++i) {
      std::string changed = input;
      for (uint32_t n = 1 + generator() % 4; n > 0; --n) Change(changed, generator);
      RunTarget(changed);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Corpus, testing::ValuesIn(FuzzTargets()),
                         [](const auto& target) { return target.param.name; });

}  // namespace
}  // namespace twofold
