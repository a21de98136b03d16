#ifndef TWOFOLD_STORAGE_REDIS_COMMAND_H_
#define TWOFOLD_STORAGE_REDIS_COMMAND_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/task.h"

namespace twofold::redis {

// The command in Redis's protocol, as hiredis writes it. Arguments may hold any bytes.
std::string Encode(absl::Span<const absl::string_view> arguments);

// Bytes for a connection. They hold one or more commands, and the reply to the last one counts.
struct Request {
  std::string bytes;
  int commands = 1;
  // A request whose token has ended is not sent. Null: it is sent in any case. The token outlives
  // the request.
  const CancellationToken* token = nullptr;
};

// A command that has no key, or goes to a server that the caller chose.
Request RequestOf(absl::Span<const absl::string_view> command);

// A Lua script. A server that has seen it knows it by its SHA-1, in hexadecimal.
struct Script {
  absl::string_view source;
  absl::string_view sha;
};

// A script, or one of Redis's commands on one key. On a Cluster all keys of a script are in one
// slot.
class Call {
 public:
  using Keys = absl::InlinedVector<std::string, 2>;

  // `keys` is not empty.
  Call(const Script& script, Keys keys, std::vector<std::string> arguments)
      : script_(&script), keys_(std::move(keys)), arguments_(std::move(arguments)) {}
  Call(const Script& script, std::string key, std::vector<std::string> arguments)
      : script_(&script), arguments_(std::move(arguments)) {
    keys_.push_back(std::move(key));
  }
  // An empty key means that the command has none and any server will do.
  Call(std::string verb, std::string key) : verb_(std::move(verb)) { keys_.push_back(std::move(key)); }

  // Adds a key to a script.
  void AddKey(std::string key) { keys_.push_back(std::move(key)); }

  // The key whose slot decides which server gets the call.
  const std::string& key() const { return keys_.front(); }

  // `whole` sends the source of the script, for a server that does not know it. `asking` is for a
  // slot that is moving to the server that gets this.
  Request ToRequest(bool whole, bool asking) const;

 private:
  const Script* script_ = nullptr;
  std::string verb_;
  Keys keys_;
  std::vector<std::string> arguments_;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_COMMAND_H_
