// Policy::Parse takes a file that an operator wrote. In a policy that it accepts, each identity
// finds the caller that lists it, and identities of two callers find nobody.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "crypto/bytes.h"
#include "server/access/policy.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using twofold::Caller;

void Require(bool condition) {
  if (!condition) std::abort();
}

void Run(const uint8_t* data, size_t size) {
  const auto policy = twofold::Policy::Parse(twofold::AsText({data, size}));
  if (!policy.ok()) {
    Require(absl::IsInvalidArgument(policy.status()));
    Require(!absl::StrContains(policy.status().message(), '\n'));
    return;
  }
  Require((*policy)->Find({}) == nullptr);
  const Caller* previous = nullptr;
  for (const Caller& caller : (*policy)->callers()) {
    Require(!caller.name.empty() && !caller.identities.empty());
    Require(caller.all_tenants || !caller.tenants.empty());
    for (const std::string& identity : caller.identities) {
      Require((*policy)->Find({identity}) == &caller);
      Require((*policy)->Find({identity + " "}) != &caller);
    }
    Require((*policy)->Find(caller.identities) == &caller);
    if (previous != nullptr) {
      Require((*policy)->Find({previous->identities.back(), caller.identities.front()}) == nullptr);
    }
    previous = &caller;
  }
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("policy", &Run);

}  // namespace
