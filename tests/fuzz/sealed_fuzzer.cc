// OpenSecret takes a method of a record that somebody may have changed in the storage. A secret
// opens only where the sealed bytes and everything that they are bound to are as they were sealed.

#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/key_ring.h"
#include "crypto/system_random.h"
#include "server/builtins.h"
#include "server/errors.h"
#include "server/methods/sealed.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using twofold::internal::v1::Method;

constexpr char kSecret[] = "12345678901234567890";

struct Owner {
  Owner() : authenticators(twofold::BuiltinAuthenticators({.issuer = "Twofold"})), ann("acme", "ann") {
    std::vector<twofold::RingKey> keys;
    keys.emplace_back(1, twofold::SecretBytes::FromString(
                             twofold::RandomBytes(twofold::SystemRandom(), twofold::KeyRing::kKeySize)));
    ring = *twofold::KeyRing::Create(1, std::move(keys));
    method.set_method_id("ann");
    method.set_type(twofold::v1::METHOD_TYPE_TOTP);
    method.mutable_otp()->set_algorithm(twofold::v1::ALGORITHM_SHA1);
    method.mutable_otp()->set_digits(6);
    method.mutable_otp()->set_period_seconds(30);
    SealSecret(ContextOf(ann), *authenticators.Find(method.type()), twofold::SecretBytes::FromString(kSecret),
               method);
  }

  twofold::MethodContext ContextOf(const twofold::Subject& subject) const {
    return {*ring, twofold::SystemRandom(), subject, 0, none};
  }

  const twofold::Authenticators authenticators;
  const twofold::WorkResults none;
  const twofold::Subject ann;
  std::unique_ptr<twofold::KeyRing> ring;
  Method method;
};

// The input's bytes are laid over the sealed ones. Without any, these stay.
std::string Over(std::string sealed, const std::string& changes) {
  for (size_t i = 0; i < changes.size(); ++i) {
    if (i < sealed.size()) {
      sealed[i] = static_cast<char>(sealed[i] ^ changes[i]);
    } else {
      sealed.push_back(changes[i]);
    }
  }
  return sealed;
}

// The first byte names the subject, and the rest is a method.
void Run(const uint8_t* data, size_t size) {
  // It would write a line about each text that is not UTF-8.
  [[maybe_unused]] static auto* const silenced = google::protobuf::SetLogHandler(nullptr);
  static const Owner& owner = *new Owner;
  static const std::vector<twofold::Subject>& subjects =
      *new std::vector<twofold::Subject>{owner.ann, {"acme", "bob"}, {"", "ann"}, {"acmea", "nn"}};
  Method method;
  if (size == 0 || !method.ParseFromArray(data + 1, static_cast<int>(size - 1))) return;
  const twofold::Authenticator* const authenticator = owner.authenticators.Find(method.type());
  if (authenticator == nullptr) return;
  method.set_sealed(Over(owner.method.sealed(), method.sealed()));
  const size_t subject = data[0] % subjects.size();

  const bool unchanged = subject == 0 && method.sealed() == owner.method.sealed() &&
                         method.method_id() == owner.method.method_id() &&
                         method.type() == owner.method.type() &&
                         method.otp().algorithm() == owner.method.otp().algorithm() &&
                         method.otp().digits() == owner.method.otp().digits() &&
                         method.otp().period_seconds() == owner.method.otp().period_seconds();
  const auto opened = OpenSecret(owner.ContextOf(subjects[subject]), *authenticator, method);
  if (opened.ok() != unchanged) std::abort();
  if (opened.ok() && opened->text() != kSecret) std::abort();
  const twofold::v1::ErrorReason reason = twofold::ReasonOf(opened.status());
  if (!opened.ok() && reason != twofold::v1::RECORD_CORRUPT && reason != twofold::v1::KEY_UNAVAILABLE) {
    std::abort();
  }
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("sealed", &Run);

}  // namespace
