#ifndef TWOFOLD_TESTS_CONFORMANCE_AUTHENTICATOR_CONFORMANCE_H_
#define TWOFOLD_TESTS_CONFORMANCE_AUTHENTICATOR_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "gtest/gtest.h"
#include "server/methods/authenticator.h"

namespace twofold {

// A type of method, and a user who can use it.
struct AuthenticatorUnderTest {
  std::unique_ptr<const Authenticator> authenticator;
  // The subject's record, as far as it concerns all methods.
  std::shared_ptr<internal::v1::SubjectRecord> record = std::make_shared<internal::v1::SubjectRecord>();
  // An active method of context.subject with this id.
  std::function<internal::v1::Method(const MethodContext& context, const std::string& id)> enroll;
  // What is right for the method at context.now. `nth` counts from 0: each is another one, and the later the
  // higher.
  std::function<Presented(const MethodContext& context, const internal::v1::Method& method, int nth)> right;
  // What is wrong for it at any time.
  std::function<Presented(const MethodContext& context, const internal::v1::Method& method)> wrong;
};

struct AuthenticatorFactory {
  // For the names of tests.
  std::string name;
  std::function<AuthenticatorUnderTest()> make;
};

inline void PrintTo(const AuthenticatorFactory& factory, std::ostream* out) { *out << factory.name; }

// Tests every sentence of server/methods/authenticator.h that a type must keep. Each type instantiates the
// suite with its factory.
class AuthenticatorConformance : public testing::TestWithParam<AuthenticatorFactory> {};

std::string AuthenticatorName(const testing::TestParamInfo<AuthenticatorFactory>& info);

// The result of a check, with every Work done.
CheckResult CheckFully(const Authenticator& authenticator, const MethodContext& context, WorkResults& done,
                       const internal::v1::Method& method, const Presented& presented);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_CONFORMANCE_AUTHENTICATOR_CONFORMANCE_H_
