#include "storage/redis/record_format.h"

namespace twofold::redis {
namespace {

constexpr size_t kVersionBytes = 8;

}  // namespace

std::string VersionBytes(Version version) {
  if (version == kAbsent) return "";
  std::string bytes(kVersionBytes, '\0');
  for (size_t i = kVersionBytes; i-- > 0; version >>= 8) bytes[i] = static_cast<char>(version & 0xff);
  return bytes;
}

absl::StatusOr<VersionedBytes> ReadRecord(absl::string_view value) {
  VersionedBytes record;
  if (value.size() >= kVersionBytes) {
    for (size_t i = 0; i < kVersionBytes; ++i) {
      record.version = record.version << 8 | static_cast<unsigned char>(value[i]);
    }
    record.bytes = std::string(value.substr(kVersionBytes));
  }
  if (record.version == kAbsent) return absl::UnavailableError("Redis holds a record that is not ours");
  return record;
}

absl::StatusOr<VersionedBytes> RecordIn(const Reply& reply) {
  if (reply.type == Reply::Type::kNil) return absl::NotFoundError("no such record");
  return ReadRecord(reply.text);
}

}  // namespace twofold::redis
