#ifndef TWOFOLD_TESTS_REDIS_HARNESS_REDIS_COMMAND_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_REDIS_COMMAND_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace twofold {

// Sends one command to 127.0.0.1:`port` over a connection of its own and waits for the reply, after AUTH when
// `password` is not empty. Thread-safe. The reply as text:
//   string or status   itself          integer   its digits
//   nil                "(nil)"         error     "(error) " and Redis's text, such as "(error) NOAUTH …"
//   array              the elements' texts, each but the last followed by a newline
// No connection, a connection that broke, or no reply within `timeout`: "(broken) " and why.
std::string RedisCommand(int port, const std::vector<std::string>& arguments,
                         const std::string& password = "", absl::Duration timeout = absl::Seconds(5));

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_REDIS_COMMAND_H_
