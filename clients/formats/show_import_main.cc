// Reads requests of one JSON object a line from standard input, each about one file, and prints what
// the file holds, with its secrets, as one JSON object a line. ./dev test-imports compares it with a
// manifest.
//
// {"file", "format" (or "auto"), "key_hex", "iv_hex", "password", "digits", "period", "counter",
// "algorithm" (or "by-length"), "include_expired"}

#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "clients/formats/formats.h"
#include "common/clock.h"
#include "common/hex.h"
#include "crypto/base32.h"

namespace twofold {
namespace {

using nlohmann::json;

const char* AlgorithmName(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return "SHA1";
    case HashAlgorithm::kSha256:
      return "SHA256";
    case HashAlgorithm::kSha512:
      return "SHA512";
  }
  return "";
}

ImportOptions OptionsOf(const json& request) {
  ImportOptions options;
  options.key = SecretBytes::FromString(BytesOfHex(request.value("key_hex", "")));
  options.iv = BytesOfHex(request.value("iv_hex", ""));
  options.password = SecretBytes::FromString(request.value("password", ""));
  if (request.contains("digits")) options.defaults.digits = request["digits"].get<int>();
  if (request.contains("period")) options.defaults.period_seconds = request["period"].get<int>();
  if (request.contains("counter")) options.defaults.counter = request["counter"].get<int64_t>();
  options.defaults.algorithm_by_length = request.value("algorithm", "") == "by-length";
  options.include_expired = request.value("include_expired", false);
  options.now = absl::FromUnixMillis(SystemClock().Now());
  return options;
}

json Shown(const ImportedEntry& entry) {
  json shown = {{"position", entry.position},
                {"type", entry.type == OtpType::kTotp ? "totp" : "hotp"},
                {"issuer", entry.issuer},
                {"account", entry.account},
                {"user", entry.user},
                {"secret_base32", Base32Encode(entry.secret.bytes())},
                {"algorithm", AlgorithmName(*entry.algorithm)},
                {"digits", *entry.digits}};
  if (entry.type == OtpType::kTotp) {
    shown["period"] = *entry.period_seconds;
    shown["time_drift"] = entry.clock_offset_steps;
  } else {
    shown["counter"] = *entry.counter;
  }
  return shown;
}

json Answer(const json& request) {
  std::ifstream stream(request.at("file").get<std::string>(), std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  const auto detected = DetectImportFormat(text);
  json answer = {{"detected", detected.ok() ? *detected : ""}};
  const std::string name = request.value("format", "auto");
  const ImportFormat* format =
      FindImportFormat(name == "auto" ? answer["detected"].get<std::string>() : name);
  const auto file = format != nullptr ? ReadImportFile(*format, text, OptionsOf(request)) : detected.status();
  if (!file.ok()) {
    answer["error"] = std::string(file.status().message());
    return answer;
  }
  answer["entries"] = json::array();
  for (const ImportedEntry& entry : file->entries) answer["entries"].push_back(Shown(entry));
  answer["errors"] = json::array();
  for (const EntryError& error : file->errors)
    answer["errors"].push_back(
        {{"position", error.position}, {"name", error.name}, {"message", error.message}});
  answer["notes"] = file->notes;
  return answer;
}

}  // namespace
}  // namespace twofold

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << twofold::Answer(nlohmann::json::parse(line)).dump() << std::endl;
  }
}
