#ifndef TWOFOLD_STORAGE_REDIS_CALL_H_
#define TWOFOLD_STORAGE_REDIS_CALL_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "storage/redis/channel.h"
#include "storage/redis/command.h"

namespace twofold::redis {

// One command that belongs to no key, or goes to a server of the caller's choice.
inline Request RequestOf(const std::vector<absl::string_view>& command) {
  Request request;
  request.bytes = Encode(command);
  return request;
}

// One command on one key: a script, or a command of Redis's. A script may take a second key, where the
// servers are no Cluster.
class Call {
 public:
  Call(const Script& script, std::string key, std::vector<std::string> arguments)
      : script_(&script), key_(std::move(key)), arguments_(std::move(arguments)) {}
  Call(const Script& script, std::string key, std::string second_key, std::vector<std::string> arguments)
      : script_(&script),
        key_(std::move(key)),
        second_key_(std::move(second_key)),
        arguments_(std::move(arguments)) {}
  // VERB KEY; without a key, which stands for any server: VERB.
  Call(std::string verb, std::string key) : verb_(std::move(verb)), key_(std::move(key)) {}

  const std::string& key() const { return key_; }

  // `whole`: with the script's source. `asking`: for a slot that is moving to the server that gets this.
  Request ToRequest(bool whole, bool asking) const {
    Request request;
    if (script_ != nullptr) {
      absl::InlinedVector<absl::string_view, 2> keys = {key_};
      if (!second_key_.empty()) keys.push_back(second_key_);
      const absl::InlinedVector<absl::string_view, 4> arguments(arguments_.begin(), arguments_.end());
      request.bytes = EncodeCall(*script_, keys, arguments, whole);
    } else if (key_.empty()) {
      request.bytes = Encode({verb_});
    } else {
      request.bytes = Encode({verb_, key_});
    }
    if (asking) {
      request.bytes.insert(0, Encode({"ASKING"}));
      request.commands = 2;
    }
    return request;
  }

 private:
  const Script* script_ = nullptr;
  std::string verb_;
  std::string key_;
  std::string second_key_;
  std::vector<std::string> arguments_;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_CALL_H_
