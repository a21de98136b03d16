#include "server/rules/context.h"

namespace twofold {

// The name has a control character, so that no request can be about this subject.
Decoys::Decoys(const Authenticators& authenticators, const KeyRing& ring, Random& random)
    : nobody_("", "\x01") {
  const WorkResults none;
  const MethodContext context{ring, random, nobody_, 0, none};
  for (const auto& authenticator : authenticators.all()) {
    decoys_.push_back(Decoy{authenticator.get(), authenticator->NewDecoy(context)});
  }
}

const Decoys::Decoy* Decoys::For(const Presented& presented) const {
  for (const Decoy& decoy : decoys_) {
    if (decoy.authenticator->Takes(presented)) return &decoy;
  }
  return nullptr;
}

}  // namespace twofold
