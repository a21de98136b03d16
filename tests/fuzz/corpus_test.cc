// Runs a fuzz target without a fuzzer, so that every test run exercises it: over each file of the folder
// named as the argument, and over changes of each that a fixed seed gives.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr uint32_t kSeed = 1;
constexpr int kChangesPerInput = 2000;

std::vector<std::string> g_corpus;  // Set by main.

void RunTarget(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

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

TEST(Corpus, IsThere) { EXPECT_FALSE(g_corpus.empty()); }

TEST(Corpus, EveryInputKeepsTheTargetsRules) {
  for (const std::string& input : g_corpus) RunTarget(input);
  RunTarget("");
}

TEST(Corpus, ChangedInputsKeepTheTargetsRules) {
  std::printf("seed %u\n", kSeed);
  std::mt19937 generator(kSeed);
  for (const std::string& input : g_corpus) {
    for (int i = 0; i < kChangesPerInput; ++i) {
      std::string changed = input;
      for (uint32_t n = 1 + generator() % 4; n > 0; --n) Change(changed, generator);
      RunTarget(changed);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 2) return 2;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    g_corpus.push_back(text.str());
  }
  return RUN_ALL_TESTS();
}
