#include "server/methods/authenticator.h"

namespace twofold {

const Authenticator* Authenticators::Find(v1::MethodType type) const {
  for (const auto& authenticator : all_) {
    if (authenticator->type() == type) return authenticator.get();
  }
  return nullptr;
}

}  // namespace twofold
