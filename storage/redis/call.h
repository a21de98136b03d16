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

// A script, or a command of Redis's on one key. A script may take several keys, where the servers are a
// Cluster of one slot.
class Call {
 public:
  using Keys = absl::InlinedVector<std::string, 2>;

  // There is at least one key.
  Call(const Script& script, Keys keys, std::vector<std::string> arguments)
      : script_(&script), keys_(std::move(keys)), arguments_(std::move(arguments)) {}
  Call(const Script& script, std::string key, std::vector<std::string> arguments)
      : script_(&script), arguments_(std::move(arguments)) {
    keys_.push_back(std::move(key));
  }
  // VERB KEY; without a key, which stands for any server: VERB.
  Call(std::string verb, std::string key) : verb_(std::move(verb)) { keys_.push_back(std::move(key)); }

  // Of a script.
  void AddKey(std::string key) { keys_.push_back(std::move(key)); }

  // Whose slot says where the call goes.
  const std::string& key() const { return keys_.front(); }

  // `whole`: with the script's source. `asking`: for a slot that is moving to the server that gets this.
  Request ToRequest(bool whole, bool asking) const {
    Request request;
    if (script_ != nullptr) {
      const absl::InlinedVector<absl::string_view, 4> keys(keys_.begin(), keys_.end());
      const absl::InlinedVector<absl::string_view, 8> arguments(arguments_.begin(), arguments_.end());
      request.bytes = EncodeCall(*script_, keys, arguments, whole);
    } else if (key().empty()) {
      request.bytes = Encode({verb_});
    } else {
      request.bytes = Encode({verb_, key()});
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
  Keys keys_;
  std::vector<std::string> arguments_;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_CALL_H_
