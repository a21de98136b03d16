#ifndef TWOFOLD_TESTS_GRANTS_GRANT_FIXTURE_H_
#define TWOFOLD_TESTS_GRANTS_GRANT_FIXTURE_H_

#include <string>

#include "gtest/gtest.h"
#include "tests/harness/user.h"
#include "tests/threats/threat_test.h"

namespace twofold {

inline constexpr int kDaySeconds = 24 * 3600;
inline constexpr int64_t kDay = kDaySeconds * kMillisPerSecond;
inline constexpr int64_t kStep = 30 * kMillisPerSecond;

// Ann, and services that remember her devices.
class Grants : public testing::TestWithParam<const char*> {
 public:
  static std::string NameOf(const testing::TestParamInfo<const char*>& storage) {
    return std::string(storage.param).substr(0, 6);
  }

 protected:
  template <typename Request>
  auto Call(const Request& request, const std::string& caller = "shop") {
    CallFacts facts;
    facts.caller = caller;
    auto answer = harness_.Call(facts, request);
    facts_ = facts;
    return answer;
  }

  // The app's code of now. Time goes on, so that the next one is unused.
  std::string Code(const App& app) {
    harness_.clock().Advance(kStep);
    return app.CodeAt(harness_.clock().Now());
  }

  v1::VerifyRequest Asking(const std::string& code, int seconds = 30 * kDaySeconds) {
    v1::VerifyRequest request = VerifyOf(ann_, code);
    request.mutable_remember()->set_max_age_seconds(seconds);
    request.mutable_remember()->set_description("Firefox on Linux");
    return request;
  }

  // The token of a new grant.
  std::string Remembered(int seconds = 30 * kDaySeconds) {
    const auto verified = Call(Asking(Code(app_), seconds));
    EXPECT_EQ(Reason(verified), "ok");
    return verified.ok() ? verified->new_grant().token() : "";
  }

  absl::StatusOr<v1::CheckGrantResponse> Check(const std::string& token, const std::string& caller = "shop",
                                               const std::string& user = "ann",
                                               const std::string& tenant = "") {
    v1::CheckGrantRequest request;
    request.set_tenant(tenant);
    request.set_user_id(user);
    request.set_grant(token);
    return Call(request, caller);
  }

  int Listed() { return ann_.List()->grants_size(); }
  internal::v1::SubjectRecord Record() { return RecordOf(harness_.storage(), "ann"); }

  EngineHarness harness_{GetParam(), OpenLimits()};
  User ann_{harness_, "ann"};
  App app_;
  CallFacts facts_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_GRANTS_GRANT_FIXTURE_H_
