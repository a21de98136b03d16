// These tests compare codes with those of an independent implementation, OATH Toolkit's oathtool.

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crypto/bytes.h"
#include "crypto/otp.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr uint32_t kSeed = 20261124;
constexpr int kProcesses = 400;
constexpr int kCodesPerProcess = 40;

std::vector<std::string> LinesOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::string output;
  char buffer[4096];
  while (const size_t size = fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, size);
  if (pclose(pipe) != 0) return {};
  return absl::StrSplit(output, '\n', absl::SkipEmpty());
}

class Inputs {
 public:
  explicit Inputs(uint32_t seed) : generator_(seed) {}

  int64_t Between(int64_t lowest, int64_t highest) {
    return std::uniform_int_distribution<int64_t>(lowest, highest)(generator_);
  }

  std::string Secret() {
    std::string secret(static_cast<size_t>(Between(10, 128)), '\0');
    for (char& byte : secret) byte = static_cast<char>(Between(0, 255));
    return secret;
  }

 private:
  std::mt19937_64 generator_;
};

TEST(Oathtool, T36_AgreesOnTimeBasedCodes) {
  std::printf("seed %u\n", kSeed);
  Inputs inputs(kSeed);
  const std::pair<HashAlgorithm, const char*> algorithms[] = {
      {HashAlgorithm::kSha1, "SHA1"}, {HashAlgorithm::kSha256, "SHA256"}, {HashAlgorithm::kSha512, "SHA512"}};
  int compared = 0;
  for (int process = 0; process < kProcesses; ++process) {
    const std::string secret = inputs.Secret();
    const auto& [algorithm, name] = algorithms[inputs.Between(0, 2)];
    const int digits = static_cast<int>(inputs.Between(kMinOtpDigits, kMaxOtpDigits));
    const int period = static_cast<int>(inputs.Between(15, 300));
    const int64_t seconds = inputs.Between(0, 40LL * 365 * 86400 * 3);
    const std::string command =
        absl::StrCat("/usr/bin/oathtool --totp=", name, " -d ", digits, " -s ", period, "s -N @", seconds,
                     " -w ", kCodesPerProcess - 1, " ", absl::BytesToHexString(secret));
    const std::vector<std::string> codes = LinesOf(command);
    ASSERT_EQ(codes.size(), kCodesPerProcess) << command;
    const int64_t step = TimeStep(seconds * kMillisPerSecond, period);
    for (int i = 0; i < kCodesPerProcess; ++i, ++compared) {
      ASSERT_EQ(ComputeOtp(AsBytes(secret), OtpParameters(algorithm, digits), step + i),
                codes[static_cast<size_t>(i)])
          << "seed " << kSeed << ": " << command << " line " << i;
    }
  }
  EXPECT_GE(compared, 10000);
}

TEST(Oathtool, T36_AgreesOnCounterBasedCodes) {
  std::printf("seed %u\n", kSeed);
  Inputs inputs(kSeed + 1);
  for (int process = 0; process < kProcesses / 4; ++process) {
    const std::string secret = inputs.Secret();
    const int digits = static_cast<int>(inputs.Between(kMinOtpDigits, kMaxOtpDigits));
    const int64_t counter =
        inputs.Between(0, 1) == 0 ? inputs.Between(0, 1000) : inputs.Between(0, INT64_MAX - 1000);
    const std::string command = absl::StrCat("/usr/bin/oathtool --hotp -d ", digits, " -c ", counter, " -w ",
                                             kCodesPerProcess - 1, " ", absl::BytesToHexString(secret));
    const std::vector<std::string> codes = LinesOf(command);
    ASSERT_EQ(codes.size(), kCodesPerProcess) << command;
    for (int i = 0; i < kCodesPerProcess; ++i) {
      ASSERT_EQ(ComputeOtp(AsBytes(secret), OtpParameters(HashAlgorithm::kSha1, digits), counter + i),
                codes[static_cast<size_t>(i)])
          << "seed " << kSeed << ": " << command << " line " << i;
    }
  }
}

}  // namespace
}  // namespace twofold
