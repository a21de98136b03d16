#include "tests/redis/harness/redis_command.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace twofold {
namespace {

using Connection = std::unique_ptr<redisContext, decltype(&redisFree)>;

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

std::string Broken(const redisContext* connection) {
  return absl::StrCat("(broken) ", connection == nullptr ? "out of memory" : connection->errstr);
}

std::string Send(redisContext* connection, const std::vector<std::string>& arguments) {
  std::vector<const char*> parts;
  std::vector<size_t> lengths;
  for (const std::string& argument : arguments) {
    parts.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  void* raw = redisCommandArgv(connection, static_cast<int>(arguments.size()), parts.data(), lengths.data());
  if (raw == nullptr) return Broken(connection);
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(static_cast<redisReply*>(raw),
                                                                      &freeReplyObject);
  return Text(*reply);
}

}  // namespace

std::string RedisCommand(int port, const std::vector<std::string>& arguments, const std::string& password,
                         absl::Duration timeout) {
  const timeval limit = absl::ToTimeval(timeout);
  const Connection connection(redisConnectWithTimeout("127.0.0.1", port, limit), &redisFree);
  if (connection == nullptr || connection->err != 0) return Broken(connection.get());
  redisSetTimeout(connection.get(), limit);
  if (!password.empty()) {
    std::string reply = Send(connection.get(), {"AUTH", password});
    // Before the configuration is in force, or where a line has changed it, the command itself may tell more.
    if (reply != "OK" && arguments.front() != "PING") return reply;
  }
  return Send(connection.get(), arguments);
}

}  // namespace twofold
