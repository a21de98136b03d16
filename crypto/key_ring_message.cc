#include "crypto/key_ring_message.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "crypto/key_ring.h"
#include "crypto/secret_bytes.h"
#include "crypto/system_random.h"

namespace twofold {
namespace {

using FileMessage = internal::v1::KeyRingFile;

constexpr int kFileVersion = 1;

}  // namespace

KeyRingMessage::~KeyRingMessage() {
  for (FileMessage::Key& key : *file.mutable_keys()) WipeString(*key.mutable_key());
}

absl::Status UnusableKeyRing(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the key ring ", name, " cannot be used: ", why));
}

absl::StatusOr<KeyRingMessage> ParseKeyRingMessage(absl::string_view json, absl::string_view name) {
  if (json.empty()) return UnusableKeyRing(name, "it is empty");
  KeyRingMessage message;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &message.file);
  // Protobuf's own message may quote the text, and with it a key.
  if (!parsed.ok() && absl::StrContains(std::string(parsed.message()), "Cannot find field")) {
    return UnusableKeyRing(name, "it has a field that this version does not know");
  }
  if (!parsed.ok()) return UnusableKeyRing(name, "it is not JSON of the expected form");
  const int version = message.file.version();
  if (version != kFileVersion) {
    return UnusableKeyRing(name, absl::StrCat("its version is ", version, " and not ", kFileVersion));
  }
  return message;
}

absl::StatusOr<KeyRingMessage> ReadKeyRingMessage(const std::string& path) {
  std::string text;
  const absl::Cleanup wipe = [&text] { WipeString(text); };
  const absl::Status read = ReadTrustedFile(path, Secrecy::kSecret, kMaxKeyRingFileSize, text);
  if (absl::IsNotFound(read)) return absl::NotFoundError(absl::StrCat("there is no key ring at ", path));
  if (!read.ok()) {
    return absl::Status(read.code(),
                        absl::StrCat("the key ring ", path, " cannot be used: it ", read.message()));
  }
  return ParseKeyRingMessage(text, path);
}

std::string PrintKeyRingMessage(const FileMessage& file) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(file, &json, options);
  return status.ok() ? json : "";
}

absl::StatusOr<uint32_t> AddNewKey(FileMessage& file, KeyWrapper* wrapper, Random& random,
                                   const Clock& clock) {
  uint32_t last = file.last_key_id();
  for (const FileMessage::Key& key : file.keys()) last = std::max(last, key.id());
  if (last == UINT32_MAX) return absl::FailedPreconditionError("no id is left for another key");
  SecretBytes bytes = SecretBytes::Zeros(KeyRing::kKeySize);
  random.Fill(bytes.mutable_bytes());
  std::string wrapped;
  if (wrapper != nullptr) {
    TWOFOLD_ASSIGN_OR_RETURN(wrapped, wrapper->Wrap(bytes));
  }
  file.set_version(kFileVersion);
  file.set_last_key_id(last + 1);
  FileMessage::Key& key = *file.add_keys();
  key.set_id(last + 1);
  if (wrapper == nullptr) {
    key.set_key(bytes.text().data(), bytes.size());
  } else {
    key.set_wrapped_key(wrapped);
  }
  key.set_create_time(
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(clock.Now()), absl::UTCTimeZone()));
  return key.id();
}

}  // namespace twofold
