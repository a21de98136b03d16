#include "storage/redis/reply.h"

#include <hiredis/hiredis.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace twofold::redis {
namespace {

// A page of a scan, 1,000 records of 64 KiB, is the most that is ever asked for.
constexpr size_t kMaxReplyBytes = size_t{128} << 20;

Reply FromHiredis(const redisReply& from) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      reply.type = Reply::Type::kInteger;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_STRING:
      reply.type = Reply::Type::kString;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_STATUS:
      reply.type = Reply::Type::kStatus;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ERROR:
      reply.type = Reply::Type::kError;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ARRAY:
      reply.type = Reply::Type::kArray;
      reply.elements.reserve(from.elements);
      for (size_t i = 0; i < from.elements; ++i) reply.elements.push_back(FromHiredis(*from.element[i]));
      break;
    default:
      break;
  }
  return reply;
}

}  // namespace

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader() : reader_(redisReaderCreate()) {}

ReplyReader::~ReplyReader() = default;

absl::Status ReplyReader::Feed(absl::string_view bytes) {
  fed_ += bytes.size();
  if (fed_ > kMaxReplyBytes) return absl::InvalidArgumentError("a reply is too large");
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("what came is no reply: ", reader_->errstr));
}

absl::StatusOr<std::optional<Reply>> ReplyReader::Next() {
  void* raw = nullptr;
  if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) {
    return absl::InvalidArgumentError(absl::StrCat("what came is no reply: ", reader_->errstr));
  }
  if (raw == nullptr) return std::optional<Reply>();
  fed_ = 0;
  const std::unique_ptr<void, void (*)(void*)> owned(raw, freeReplyObject);
  return std::optional<Reply>(FromHiredis(*static_cast<const redisReply*>(raw)));
}

}  // namespace twofold::redis
