#ifndef TWOFOLD_STORAGE_REDIS_REPLY_H_
#define TWOFOLD_STORAGE_REDIS_REPLY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct redisReader;

namespace twofold::redis {

// A reply of Redis (RESP2).
struct Reply {
  enum class Type { kNil, kInteger, kString, kStatus, kError, kArray };

  Type type = Type::kNil;
  int64_t integer = 0;
  std::string text;  // For kString, kStatus and kError.
  std::vector<Reply> elements;

  bool is_error() const { return type == Type::kError; }
  bool is_text() const { return type == Type::kString || type == Type::kStatus; }
};

// Parses the bytes of one connection into replies, with hiredis's reader. After an error the
// position in the stream is lost, and the connection must be dropped. Not thread-safe.
class ReplyReader {
 public:
  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // INVALID_ARGUMENT: more bytes are waiting than any reply may hold.
  absl::Status Feed(absl::string_view bytes);
  // Returns nullopt while the next reply is not complete. INVALID_ARGUMENT: the bytes are not
  // RESP2.
  absl::StatusOr<std::optional<Reply>> Next();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };

  const std::unique_ptr<redisReader, Free> reader_;
  size_t fed_ = 0;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_REPLY_H_
