#include "crypto/webauthn/cbor.h"

#include <limits>

#include "common/status_macros.h"
#include "common/unicode.h"

namespace twofold {
namespace {

// The additional information of a head (RFC 8949 section 3).
constexpr uint8_t kOneByteFollows = 24;
constexpr uint8_t kEightBytesFollow = 27;
// The simple values false, true and null (section 3.3).
constexpr uint64_t kFalse = 20;
constexpr uint64_t kNull = 22;

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

}  // namespace

absl::StatusOr<CborReader::Head> CborReader::TakeHead() {
  if (rest_.empty()) return Invalid("CBOR ends before an item");
  const auto first = static_cast<uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  const auto major = static_cast<Major>(first >> 5);
  const uint8_t info = first & 0x1F;
  if (major == Major::kTag) return Invalid("CBOR has a tag");
  if (major == Major::kSimple && (info < kFalse || info > kNull))
    return Invalid("CBOR has a float or a simple value other than false, true and null");
  if (info < kOneByteFollows) return Head{major, info};
  if (info > kEightBytesFollow) return Invalid("CBOR has an indefinite length or a reserved one");
  const size_t size = size_t{1} << (info - kOneByteFollows);
  if (rest_.size() < size) return Invalid("CBOR ends within a head");
  uint64_t argument = 0;
  for (const char byte : rest_.substr(0, size)) argument = argument << 8 | static_cast<uint8_t>(byte);
  rest_.remove_prefix(size);
  // One byte is needed from 24 on, more bytes where half of them do not suffice.
  const uint64_t least = size == 1 ? kOneByteFollows : uint64_t{1} << (size * 4);
  if (argument < least) return Invalid("CBOR has a head that is not in its shortest form");
  return Head{major, argument};
}

absl::StatusOr<int64_t> CborReader::TakeInteger() {
  TWOFOLD_ASSIGN_OR_RETURN(const Head head, TakeHead());
  if (head.major != Major::kUnsigned && head.major != Major::kNegative)
    return Invalid("CBOR has another item where an integer belongs");
  if (head.argument > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return Invalid("CBOR has an integer of more than 64 bits");
  const auto value = static_cast<int64_t>(head.argument);
  return head.major == Major::kUnsigned ? value : -1 - value;
}

absl::StatusOr<absl::string_view> CborReader::TakeContent(const Head& head) {
  if (head.argument > rest_.size()) return Invalid("CBOR has a length that is larger than the rest");
  const absl::string_view content = rest_.substr(0, head.argument);
  rest_.remove_prefix(content.size());
  if (head.major == Major::kText && !IsUtf8(content)) return Invalid("CBOR has text that is not UTF-8");
  return content;
}

absl::StatusOr<absl::string_view> CborReader::TakeString(Major major) {
  TWOFOLD_ASSIGN_OR_RETURN(const Head head, TakeHead());
  if (head.major != major) return Invalid("CBOR has another item where a string belongs");
  return TakeContent(head);
}

absl::StatusOr<absl::string_view> CborReader::TakeBytes() { return TakeString(Major::kBytes); }

absl::StatusOr<absl::string_view> CborReader::TakeText() { return TakeString(Major::kText); }

absl::StatusOr<size_t> CborReader::TakeMap() {
  TWOFOLD_ASSIGN_OR_RETURN(const Head head, TakeHead());
  if (head.major != Major::kMap) return Invalid("CBOR has another item where a map belongs");
  // Each pair needs two bytes or more.
  if (head.argument > rest_.size() / 2) return Invalid("CBOR has a length that is larger than the rest");
  return static_cast<size_t>(head.argument);
}

// Returns the key as it is encoded.
absl::StatusOr<absl::string_view> CborReader::TakeKey() {
  const absl::string_view from = rest_;
  TWOFOLD_ASSIGN_OR_RETURN(const Head head, TakeHead());
  if (head.major == Major::kText) {
    TWOFOLD_RETURN_IF_ERROR(TakeContent(head).status());
  } else if (head.major != Major::kUnsigned && head.major != Major::kNegative) {
    return Invalid("CBOR has a key that is neither an integer nor text");
  }
  return from.substr(0, from.size() - rest_.size());
}

// The depth is bounded.
absl::Status CborReader::SkipMap(int depth) {  // NOLINT(misc-no-recursion)
  TWOFOLD_ASSIGN_OR_RETURN(const size_t pairs, TakeMap());
  if (depth == 0) return Invalid("CBOR is nested too deep");
  absl::string_view last;
  for (size_t i = 0; i < pairs; ++i) {
    TWOFOLD_ASSIGN_OR_RETURN(const absl::string_view key, TakeKey());
    // The order of CTAP 2.1 section 8: by type, by length, by bytes. The head of a key says the
    // first two.
    if (!last.empty() && last >= key) return Invalid("CBOR has keys out of order or one twice");
    last = key;
    TWOFOLD_RETURN_IF_ERROR(Skip(depth - 1));
  }
  return absl::OkStatus();
}

absl::Status CborReader::Skip(int depth) {  // NOLINT(misc-no-recursion)
  const absl::string_view from = rest_;
  TWOFOLD_ASSIGN_OR_RETURN(const Head head, TakeHead());
  switch (head.major) {
    case Major::kBytes:
    case Major::kText:
      return TakeContent(head).status();
    case Major::kMap:
      rest_ = from;
      return SkipMap(depth);
    case Major::kArray:
      if (head.argument > rest_.size()) return Invalid("CBOR has a length that is larger than the rest");
      if (depth == 0) return Invalid("CBOR is nested too deep");
      for (uint64_t i = 0; i < head.argument; ++i) TWOFOLD_RETURN_IF_ERROR(Skip(depth - 1));
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

absl::Status CborReader::Finish() const {
  return rest_.empty() ? absl::OkStatus() : Invalid("bytes follow the end of CBOR");
}

}  // namespace twofold
