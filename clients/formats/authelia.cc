#include <yaml.h>

#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/formats/parsers.h"
#include "clients/formats/text.h"
#include "common/status_macros.h"
#include "crypto/base32.h"
#include "crypto/bytes.h"

namespace twofold {
namespace {

constexpr char kList[] = "totp_configurations";

absl::Status NotThisShape() {
  return absl::InvalidArgumentError(
      "the file is not an export of Authelia, which is a YAML list named totp_configurations or a CSV file");
}

// libyaml's parser, which gives one event at a time. Aliases are refused, so nothing is multiplied.
class YamlReader {
 public:
  explicit YamlReader(absl::string_view text) {
    yaml_parser_initialize(&parser_);
    const absl::Span<const uint8_t> bytes = AsBytes(text);
    yaml_parser_set_input_string(&parser_, bytes.data(), bytes.size());
  }
  ~YamlReader() {
    Release();
    yaml_parser_delete(&parser_);
  }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  // Reads the next event. Returns YAML_NO_EVENT for what is no YAML and for an alias.
  yaml_event_type_t Next() {
    Release();
    if (yaml_parser_parse(&parser_, &event_) != 1) return YAML_NO_EVENT;
    held_ = true;
    return event_.type == YAML_ALIAS_EVENT ? YAML_NO_EVENT : event_.type;
  }

  // The text of the last event, which is a scalar.
  absl::string_view scalar() const {
    return AsText(absl::MakeConstSpan(event_.data.scalar.value, event_.data.scalar.length));
  }

 private:
  void Release() {
    if (!held_) return;
    if (event_.type == YAML_SCALAR_EVENT) explicit_bzero(event_.data.scalar.value, event_.data.scalar.length);
    yaml_event_delete(&event_);
    held_ = false;
  }

  yaml_parser_t parser_;
  yaml_event_t event_;
  bool held_ = false;
};

using Fields = std::map<std::string, std::string>;

void Wipe(Fields& fields) {
  for (auto& [name, value] : fields) WipeString(value);
}

// Reads up to the end of a mapping whose values are scalars.
absl::Status ReadFields(YamlReader& reader, Fields& fields) {
  for (;;) {
    const yaml_event_type_t key = reader.Next();
    if (key == YAML_MAPPING_END_EVENT) return absl::OkStatus();
    if (key != YAML_SCALAR_EVENT) return NotThisShape();
    const std::string name(reader.scalar());
    if (reader.Next() != YAML_SCALAR_EVENT) return NotThisShape();
    fields[name] = std::string(reader.scalar());
  }
}

std::optional<int> Number(const Fields& fields, const char* name) {
  const auto at = fields.find(name);
  if (at == fields.end()) return std::nullopt;
  const std::optional<int64_t> number = ReadNumber(at->second, std::numeric_limits<int>::max());
  if (!number.has_value()) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<absl::Time> TimeOf(const Fields& fields, const char* name) {
  const auto at = fields.find(name);
  absl::Time time;
  std::string error;
  if (at == fields.end() || !absl::ParseTime(absl::RFC3339_full, at->second, &time, &error))
    return std::nullopt;
  // Year 1 stands for a time that is not known.
  if (time <= absl::UnixEpoch()) return std::nullopt;
  return time;
}

std::string TextOf(const Fields& fields, const char* name) {
  const auto at = fields.find(name);
  return at == fields.end() ? "" : at->second;
}

std::string SetBase32(absl::string_view base32, ImportedEntry& entry) {
  absl::StatusOr<SecretBytes> secret = Base32Decode(base32);
  if (!secret.ok()) return absl::StrCat("has a secret that is ", secret.status().message());
  entry.secret = *std::move(secret);
  return "";
}

// The secret is Base32, of which YAML has the Base64. Returns what is wrong, as the end of a sentence.
std::string SetSecret(const Fields& fields, bool is_yaml, ImportedEntry& entry) {
  const auto at = fields.find("secret");
  if (at == fields.end() || at->second.empty()) return "has no secret";
  if (!is_yaml) return SetBase32(at->second, entry);
  const std::optional<SecretBytes> base32 = ReadBase64(at->second);
  if (!base32.has_value()) return "has a secret that is not Base64";
  return SetBase32(base32->text(), entry);
}

void AddConfiguration(const Fields& fields, bool is_yaml, size_t position, ParsedFile& file) {
  ImportedEntry entry;
  entry.position = position;
  entry.user = TextOf(fields, "username");
  entry.account = entry.user;
  entry.issuer = TextOf(fields, "issuer");
  entry.digits = Number(fields, "digits");
  entry.period_seconds = Number(fields, "period");
  entry.created = TimeOf(fields, "created_at");
  entry.last_used = TimeOf(fields, "last_used_at");
  std::string fault = entry.user.empty() ? "has no username" : SetSecret(fields, is_yaml, entry);
  if (const std::string algorithm = TextOf(fields, "algorithm"); fault.empty() && !algorithm.empty()) {
    entry.algorithm = ReadAlgorithm(algorithm);
    if (!entry.algorithm.has_value()) fault = "has an algorithm that is none of SHA1, SHA256 and SHA512";
  }
  if (fault.empty()) {
    file.entries.push_back(std::move(entry));
  } else {
    file.errors.push_back({position, entry.user, std::move(fault)});
  }
}

absl::Status ReadList(YamlReader& reader, ParsedFile& file) {
  if (reader.Next() != YAML_SEQUENCE_START_EVENT) return NotThisShape();
  for (size_t position = 1;; ++position) {
    const yaml_event_type_t event = reader.Next();
    if (event == YAML_SEQUENCE_END_EVENT) return absl::OkStatus();
    if (event != YAML_MAPPING_START_EVENT || position > kMaxImportEntries) return NotThisShape();
    Fields fields;
    const absl::Cleanup wipe = [&fields] { Wipe(fields); };
    TWOFOLD_RETURN_IF_ERROR(ReadFields(reader, fields));
    AddConfiguration(fields, /*is_yaml=*/true, position, file);
  }
}

// Authelia writes no quotes, so a name with a comma shifts the columns.
ParsedFile ReadCsv(absl::string_view text) {
  constexpr const char* kColumns[] = {"issuer", "username", "algorithm", "digits", "period", "secret"};
  ParsedFile file;
  LineReader lines(text);
  for (absl::string_view line; lines.Next(line);) {
    if (lines.number() == 1 || line.empty()) continue;
    const CsvRow row(line);
    const size_t position = lines.number() - 1;
    if (row.size() != std::size(kColumns)) {
      file.errors.push_back({position, "", absl::StrCat("has ", row.size(), " columns instead of 6")});
      continue;
    }
    Fields fields;
    const absl::Cleanup wipe = [&fields] { Wipe(fields); };
    for (size_t i = 0; i < row.size(); ++i) fields[kColumns[i]] = std::string(row[i]);
    AddConfiguration(fields, /*is_yaml=*/false, position, file);
  }
  return file;
}

}  // namespace

absl::StatusOr<ParsedFile> ParseAuthelia(absl::string_view text, const ImportOptions& /*options*/) {
  if (absl::StartsWith(WithoutByteOrderMark(text), kAutheliaCsvHeader)) {
    ParsedFile csv = ReadCsv(text);
    if (!csv.entries.empty() || !csv.errors.empty()) return csv;
    return absl::InvalidArgumentError("there is nothing to import: the file has only a header");
  }
  ParsedFile file;
  YamlReader reader(text);
  for (const yaml_event_type_t expected :
       {YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT, YAML_MAPPING_START_EVENT, YAML_SCALAR_EVENT}) {
    if (reader.Next() != expected) return NotThisShape();
  }
  if (reader.scalar() != kList) return NotThisShape();
  TWOFOLD_RETURN_IF_ERROR(ReadList(reader, file));
  // A file that was cut off in the middle imports nothing.
  for (const yaml_event_type_t expected :
       {YAML_MAPPING_END_EVENT, YAML_DOCUMENT_END_EVENT, YAML_STREAM_END_EVENT}) {
    if (reader.Next() != expected) return NotThisShape();
  }
  if (file.entries.empty() && file.errors.empty())
    return absl::InvalidArgumentError("there is nothing to import: the list totp_configurations is empty");
  return file;
}

}  // namespace twofold
