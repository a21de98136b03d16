#include "server/methods/authenticator.h"

#include "server/errors.h"

namespace twofold {

absl::Status Authenticator::Import(const MethodContext&, const v1::PortableMethod&,
                                   internal::v1::Method&) const {
  return InvalidRequestError("content", "is of a type that cannot be imported");
}

absl::Status Authenticator::Export(const MethodContext&, const internal::v1::Method&,
                                   v1::PortableMethod&) const {
  return MethodStateError("methods of this type cannot be exported");
}

absl::Status Authenticator::Challenge(const MethodContext&, absl::Span<const internal::v1::Method* const>,
                                      internal::v1::ChallengeToken&, v1::StartChallengeResponse&) const {
  return MethodStateError("methods of this type need no challenge");
}

absl::StatusOr<OutgoingCode> Authenticator::Outgoing(const MethodContext&, const internal::v1::Method&,
                                                     const internal::v1::ChallengeToken*) const {
  return MethodStateError("codes of this type are not sent");
}

const Authenticator* Authenticators::Find(v1::MethodType type) const {
  for (const auto& authenticator : all_) {
    if (authenticator->type() == type) return authenticator.get();
  }
  return nullptr;
}

}  // namespace twofold
