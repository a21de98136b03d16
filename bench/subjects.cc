#include "bench/subjects.h"

#include <cstring>
#include <numeric>
#include <set>

#include "absl/strings/str_format.h"
#include "crypto/hash_algorithm.h"
#include "crypto/otp.h"

namespace twofold::bench {
namespace {

constexpr size_t kSecretSize = 20;
constexpr int kDigits = 6;

uint64_t Draw(int64_t subject, uint64_t number) {
  return Scramble(Scramble(static_cast<uint64_t>(subject)) + number);
}

}  // namespace

uint64_t Scramble(uint64_t seed) {
  uint64_t z = seed + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::string UserId(int64_t subject) {
  const uint64_t a = Draw(subject, 1);
  const uint64_t b = Draw(subject, 2);
  return absl::StrFormat("%08x-%04x-4%03x-8%03x-%012x", a >> 32, a >> 16 & 0xffff, a >> 4 & 0xfff, b >> 52,
                         b & 0xffffffffffff);
}

SecretBytes SecretOf(int64_t subject) {
  SecretBytes secret = SecretBytes::Zeros(kSecretSize);
  for (size_t at = 0; at < kSecretSize; at += sizeof(uint32_t)) {
    const auto word = static_cast<uint32_t>(Draw(subject, 3 + at));
    std::memcpy(secret.mutable_bytes().data() + at, &word, sizeof(word));
  }
  return secret;
}

std::string CodeOf(int64_t subject, int64_t step) {
  const SecretBytes secret = SecretOf(subject);
  return ComputeOtp(secret.bytes(), OtpParameters(HashAlgorithm::kSha1, kDigits), step);
}

bool IsAmbiguous(int64_t subject, int64_t step) {
  constexpr int kReach = 2;
  const std::string code = CodeOf(subject, step);
  for (int away = 1; away <= kReach; ++away) {
    if (CodeOf(subject, step - away) == code || CodeOf(subject, step + away) == code) return true;
  }
  return false;
}

std::string WrongCodeOf(int64_t subject, int64_t step) {
  constexpr int kReach = 5;
  std::set<std::string> right;
  for (int64_t near = step - kReach; near <= step + kReach; ++near) right.insert(CodeOf(subject, near));
  std::string code = CodeOf(subject, step + kReach + 1);
  while (right.contains(code)) code[0] = code[0] == '9' ? '0' : static_cast<char>(code[0] + 1);
  return code;
}

int64_t Permuted(int64_t i, int64_t subjects) {
  // A stride of about the golden ratio puts neighbours in the order far apart.
  auto stride = static_cast<int64_t>(0.618 * static_cast<double>(subjects)) | 1;
  while (std::gcd(stride, subjects) != 1) stride += 2;
  return static_cast<int64_t>(static_cast<__int128>(i) * stride % subjects);
}

}  // namespace twofold::bench
