#include "tests/redis/harness/redis_command.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace twofold {
namespace {

std::string Text(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return absl::StrCat(reply.integer);
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_ERROR:
      return "(error) " + std::string(reply.str, reply.len);
    case REDIS_REPLY_ARRAY: {
      std::string all;
      for (size_t i = 0; i < reply.elements; ++i) {
        absl::StrAppend(&all, i == 0 ? "" : "\n", Text(*reply.element[i]));
      }
      return all;
    }
    default:
      return std::string(reply.str, reply.len);
  }
}

}  // namespace

RedisConnection::RedisConnection(int port, const std::string& password, absl::Duration timeout)
    : context_(redisConnectWithTimeout("127.0.0.1", port, absl::ToTimeval(timeout))), timeout_(timeout) {
  static const bool ignored = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
  static_cast<void>(ignored);
  // An AUTH that was refused shows in what comes next.
  if (!password.empty()) Command({"AUTH", password});
}

RedisConnection::~RedisConnection() { redisFree(context_); }

std::string RedisConnection::Command(const std::vector<std::string>& arguments) {
  Send(arguments);
  return Receive();
}

void RedisConnection::Send(const std::vector<std::string>& arguments) {
  if (context_ == nullptr || context_->err != 0) return;
  std::vector<const char*> parts;
  std::vector<size_t> lengths;
  for (const std::string& argument : arguments) {
    parts.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  redisAppendCommandArgv(context_, static_cast<int>(arguments.size()), parts.data(), lengths.data());
  redisSetTimeout(context_, absl::ToTimeval(timeout_));
  int written = 0;
  while (written == 0 && redisBufferWrite(context_, &written) == REDIS_OK) {
  }
}

std::string RedisConnection::Receive() { return Receive(timeout_); }

std::string RedisConnection::Receive(absl::Duration timeout) {
  if (context_ == nullptr) return "(broken) out of memory";
  void* reply = nullptr;
  if (context_->err == 0) redisSetTimeout(context_, absl::ToTimeval(timeout));
  if (context_->err != 0 || redisGetReply(context_, &reply) != REDIS_OK) {
    return absl::StrCat("(broken) ", context_->errstr);
  }
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> owned(static_cast<redisReply*>(reply),
                                                                      &freeReplyObject);
  return Text(*owned);
}

std::string RedisCommand(int port, const std::vector<std::string>& arguments, const std::string& password,
                         absl::Duration timeout) {
  return RedisConnection(port, password, timeout).Command(arguments);
}

}  // namespace twofold
