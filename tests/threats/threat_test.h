#ifndef TWOFOLD_TESTS_THREATS_THREAT_TEST_H_
#define TWOFOLD_TESTS_THREATS_THREAT_TEST_H_

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/rules/record.h"
#include "storage/keys.h"
#include "storage/storage.h"
#include "tests/fakes/forwarding_storage.h"
#include "tests/harness/engine_harness.h"
#include "tests/harness/user.h"
#include "twofold/internal/v1/record.pb.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// What stands beside the guard that a test is about.
enum class Guards {
  // Nothing: OpenLimits.
  kOpen,
  // Everything: DefaultLimits.
  kDefault,
};

struct Setting {
  const char* storage;
  Guards guards;
};

inline std::string NameOf(const Setting& setting) {
  const std::string scheme(setting.storage);
  return scheme.substr(0, scheme.size() - 1) + (setting.guards == Guards::kOpen ? "_open" : "_defaults");
}

inline void PrintTo(const Setting& setting, std::ostream* out) { *out << NameOf(setting); }

inline std::string SettingName(const testing::TestParamInfo<Setting>& info) { return NameOf(info.param); }

inline auto EverySetting() {
  return testing::Values(Setting{"memory:", Guards::kOpen}, Setting{"memory:", Guards::kDefault},
                         Setting{"sqlite:", Guards::kOpen}, Setting{"sqlite:", Guards::kDefault},
                         Setting{"redis:", Guards::kOpen}, Setting{"redis:", Guards::kDefault});
}
// For tests that choose the guards themselves.
inline auto EveryStorage() {
  return testing::Values(Setting{"memory:", Guards::kOpen}, Setting{"sqlite:", Guards::kOpen},
                         Setting{"redis:", Guards::kOpen});
}

// A fake together with the storage that it is put around.
template <typename Fake>
struct FakeAndBase {
  template <typename... Args>
  explicit FakeAndBase(std::unique_ptr<Storage> base_in, Args&&... args)
      : base(std::move(base_in)), fake(*base, std::forward<Args>(args)...) {}

  std::unique_ptr<Storage> base;
  Fake fake;
};

template <typename Fake>
class OwningFake final : private FakeAndBase<Fake>, public ForwardingStorage {
 public:
  template <typename... Args>
  explicit OwningFake(std::unique_ptr<Storage> base, Args&&... args)
      : FakeAndBase<Fake>(std::move(base), std::forward<Args>(args)...),
        ForwardingStorage(static_cast<Storage&>(FakeAndBase<Fake>::fake)) {}

  Fake& get() { return FakeAndBase<Fake>::fake; }
};

// A wrapper for the harness that leaves the fake, which the harness owns, where the test finds it.
template <typename Fake, typename... Args>
EngineHarness::Wrapper Around(Fake*& fake, Args... args) {
  return [&fake, args...](std::unique_ptr<Storage> base) {
    auto owned = std::make_unique<OwningFake<Fake>>(std::move(base), args...);
    fake = &owned->get();
    return owned;
  };
}

// What is stored of a subject; nothing of somebody unknown.
inline std::optional<VersionedBytes> Stored(Storage& storage, const std::string& user,
                                            const std::string& tenant = "") {
  absl::StatusOr<VersionedBytes> stored = SyncWait(storage.Get(SubjectKey(tenant, user)));
  if (!stored.ok()) return std::nullopt;
  return *std::move(stored);
}

inline internal::v1::SubjectRecord RecordOf(Storage& storage, const std::string& user,
                                            const std::string& tenant = "") {
  internal::v1::SubjectRecord record;
  const std::optional<VersionedBytes> stored = Stored(storage, user, tenant);
  EXPECT_TRUE(stored.has_value() && record.ParseFromString(stored->bytes)) << "no record of " << user;
  return record;
}

// The device with this place among a subject's devices, in order of enrolment.
inline internal::v1::Method& DeviceAt(internal::v1::SubjectRecord& record, int place) {
  for (internal::v1::Method& method : *record.mutable_methods()) {
    if (IsDevice(method) && place-- == 0) return method;
  }
  ADD_FAILURE() << "there is no such device";
  return *record.add_methods();
}
inline internal::v1::Method DeviceAt(const internal::v1::SubjectRecord& record, int place) {
  internal::v1::SubjectRecord copy = record;
  return DeviceAt(copy, place);
}

// The set of backup codes, which the record has.
inline internal::v1::Method BackupCodesOf(const internal::v1::SubjectRecord& record) {
  const internal::v1::Method* const set = FindBackupCodes(record);
  EXPECT_NE(set, nullptr);
  return set == nullptr ? internal::v1::Method() : *set;
}

// Changes what is stored, as nobody could through the service.
inline void Tamper(Storage& storage, const std::string& user,
                   const std::function<void(internal::v1::SubjectRecord&)>& change) {
  internal::v1::SubjectRecord record = RecordOf(storage, user);
  change(record);
  const Version version = Stored(storage, user)->version;
  std::string bytes = record.SerializeAsString();
  EXPECT_TRUE(SyncWait(storage.Put(SubjectKey("", user), std::move(bytes), version, version + 1)).ok());
}

// A server under one setting.
class ThreatTest : public testing::TestWithParam<Setting> {
 protected:
  using SubjectRecord = internal::v1::SubjectRecord;

  ThreatTest() : ThreatTest(PolicyUnderTest()) {}
  explicit ThreatTest(const Limits& limits, EngineHarness::Wrapper wrap = nullptr)
      : harness_(GetParam().storage, limits, std::move(wrap)) {}

  static bool IsOpen() { return GetParam().guards == Guards::kOpen; }
  static bool IsMemory() { return std::string(GetParam().storage) == "memory:"; }
  static Limits PolicyUnderTest() { return IsOpen() ? OpenLimits() : DefaultLimits(); }

  UnixMillis Now() const { return harness_.clock().Now(); }
  void AdvanceSeconds(int64_t seconds) { harness_.clock().Advance(seconds * kMillisPerSecond); }
  // Until the rate limiter has forgotten everything.
  void Rest() { AdvanceSeconds(200); }
  // Takes the budget's counts away, so that a test may go on wrongly guessing.
  void Pardon(const User& user) {
    Rest();
    EXPECT_EQ(Reason(harness_.Call(user.About<v1::UnlockSubjectRequest>())), "ok");
  }

  SubjectRecord Record(const User& user) { return RecordOf(harness_.storage(), user.user_id()); }
  int Failures(const User& user) { return Record(user).budget().consecutive_failures(); }
  int64_t SlowFullTime(const User& user) { return Record(user).budget().long_term_full_time(); }

  mutable EngineHarness harness_;
};

// Refused for being wrong. With the defaults on, another guard may have been first.
template <typename T>
testing::AssertionResult Refused(const absl::StatusOr<T>& result) {
  const std::string reason = Reason(result);
  const bool is_open = ThreatTest::GetParam().guards == Guards::kOpen;
  if (reason == "CODE_REJECTED") return testing::AssertionSuccess();
  if (!is_open && (reason == "RATE_LIMITED" || reason == "LOCKED")) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "answered " << reason;
}

// A second device, vouched for by `proof`.
inline App EnrollAnother(User& user, v1::MethodType type, const std::string& proof) {
  v1::EnrollRequest request;
  request.set_type(type);
  request.set_proof_code(proof);
  return user.Enroll(request);
}

inline v1::VerifyRequest VerifyOf(const User& user, const std::string& code) {
  auto request = user.About<v1::VerifyRequest>();
  request.set_code(code);
  return request;
}

inline v1::ResyncMethodRequest ResyncOf(const User& user, const App& app, const std::string& first,
                                        const std::string& second) {
  auto request = user.About<v1::ResyncMethodRequest>();
  request.set_method_id(app.method_id());
  request.add_codes(first);
  request.add_codes(second);
  return request;
}

// Makes all calls at once from a number of threads; the reasons of their answers, in the order of `requests`.
template <typename Request>
std::vector<std::string> ReasonsOfAll(EngineHarness& harness, const std::vector<Request>& requests,
                                      size_t threads = 8) {
  std::vector<std::string> reasons(requests.size());
  std::vector<CallFacts> facts(requests.size());
  const auto work = [&](size_t first) {
    asio::io_context context;
    InFlight in_flight;
    for (size_t i = first; i < requests.size(); i += threads) {
      auto flow = harness.Start(facts[i], requests[i]);
      Spawn(context.get_executor(), in_flight, std::move(flow),
            [&reasons, i](const auto& result) { reasons[i] = Reason(result); });
    }
    context.run();
  };
  std::vector<std::thread> workers;
  for (size_t i = 0; i < threads; ++i) workers.emplace_back(work, i);
  for (std::thread& worker : workers) worker.join();
  return reasons;
}

}  // namespace twofold

#endif  // TWOFOLD_TESTS_THREATS_THREAT_TEST_H_
