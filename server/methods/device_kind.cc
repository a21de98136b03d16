#include "server/methods/device_kind.h"

#include <utility>

namespace twofold {

DeviceKinds::DeviceKinds(std::vector<std::unique_ptr<const DeviceKind>> kinds) : kinds_(std::move(kinds)) {}

const DeviceKind* DeviceKinds::Find(v1::MethodType type) const {
  for (const auto& kind : kinds_) {
    if (kind->type() == type) return kind.get();
  }
  return nullptr;
}

}  // namespace twofold
