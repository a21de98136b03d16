#ifndef TWOFOLD_TESTS_REDIS_HARNESS_REDIS_COMMAND_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_REDIS_COMMAND_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

struct redisContext;

namespace twofold {

// A blocking connection to 127.0.0.1. Replies are text:
//   string or status   itself          integer   its digits
//   nil                "(nil)"         error     "(error) " and Redis's text, such as "(error) NOAUTH …"
//   array              the elements' texts, each but the last followed by a newline
// No connection, a connection that broke, or no reply in time: "(broken) " and why, from then on
// for every command. Not thread-safe.
class RedisConnection {
 public:
  // Connects, and sends AUTH when `password` is not empty. `timeout` is for each step that names
  // none. Makes this process ignore SIGPIPE, which hiredis raises on a connection that broke.
  explicit RedisConnection(int port, const std::string& password = "",
                           absl::Duration timeout = absl::Seconds(5));
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  std::string Command(const std::vector<std::string>& arguments);

  // The two halves of Command, for pipelining and for replies that come late. Send writes at once.
  void Send(const std::vector<std::string>& arguments);
  std::string Receive();
  std::string Receive(absl::Duration timeout);

 private:
  redisContext* const context_;
  const absl::Duration timeout_;
};

// One command over a connection of its own. What belongs to a connection (WAIT after a write,
// MULTI) needs RedisConnection. Thread-safe.
std::string RedisCommand(int port, const std::vector<std::string>& arguments,
                         const std::string& password = "", absl::Duration timeout = absl::Seconds(5));

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_REDIS_COMMAND_H_
