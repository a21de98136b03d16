// Sealing again under a new primary key, while the server runs.

#include "server/store/rewrap.h"

#include "absl/strings/str_cat.h"
#include "crypto/system_random.h"
#include "server/builtins.h"
#include "server/store/marker.h"
#include "tests/fakes/hooked_storage.h"
#include "tests/threats/threat_test.h"
#include "twofold/internal/v1/store.pb.h"

namespace twofold {
namespace {

constexpr uint32_t kOld = 7;
constexpr uint32_t kNew = 8;

// A server whose primary key becomes kNew. What was sealed before is under kOld.
class Rewrapping : public ThreatTest {
 protected:
  Rewrapping() : ThreatTest(OpenLimits(), Around<HookedStorage>(hooks_)) {
    harness_.ReplaceRing(Ring(kOld, {kOld}));
    internal::v1::StoreMarker marker;
    const VersionedBytes stored = *SyncWait(harness_.storage().Get(StoreMarkerKey()));
    EXPECT_TRUE(marker.ParseFromString(stored.bytes));
    marker.set_key_check(
        harness_.ring().Seal(Purpose::kCheck, "twofold key ring check", marker.store_id(), SystemRandom()));
    EXPECT_TRUE(SyncWait(harness_.storage().Put(StoreMarkerKey(), marker.SerializeAsString(), stored.version,
                                                stored.version + 1))
                    .ok());
  }

  static std::unique_ptr<KeyRing> Ring(uint32_t primary, const std::vector<uint32_t>& ids) {
    std::vector<RingKey> keys;
    for (const uint32_t id : ids) {
      keys.emplace_back(id, SecretBytes::FromString(std::string(KeyRing::kKeySize, static_cast<char>(id))));
    }
    return *KeyRing::Create(primary, std::move(keys));
  }

  void Promote() { harness_.ReplaceRing(Ring(kNew, {kOld, kNew})); }

  absl::StatusOr<RewrapTotals> Run(bool dry_run, bool goes_on = true) {
    const RewrapParts parts{harness_.storage(), harness_.lease(),  [this] { return harness_.shared_ring(); },
                            authenticators_,    harness_.limits(), harness_.clock(),
                            SystemRandom()};
    RewrapSettings settings;
    settings.dry_run = dry_run;
    settings.report_every = absl::ZeroDuration();
    auto run = Rewrap(parts, settings, [this, goes_on](const RewrapTotals&) -> Task<bool> {
      ++reports_;
      co_return goes_on;
    });
    return SyncWait(std::move(run));
  }

  static std::map<uint32_t, int64_t> Uses(std::map<uint32_t, int64_t> uses) { return uses; }

  std::vector<uint32_t> KeysOf(const User& user) {
    std::vector<uint32_t> ids;
    const SubjectRecord record = Record(user);
    for (const Method& method : record.methods()) ids.push_back(KeyRing::KeyIdOf(method.sealed()));
    return ids;
  }

  using Method = internal::v1::Method;

  static inline HookedStorage* hooks_ = nullptr;
  const Authenticators authenticators_ = BuiltinAuthenticators({.issuer = "Twofold"});
  int reports_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, Rewrapping, EveryStorage(), SettingName);

TEST_P(Rewrapping, T39_EverythingThatAnOlderKeySealedIsSealedAgainAndNothingElseChanges) {
  constexpr int kUsers = 70;  // More than two pages.
  constexpr int kSecrets = 2 * (kUsers + 1);
  std::vector<User> users;
  std::vector<App> apps;
  std::vector<SubjectRecord> before;
  for (int i = 0; i < kUsers; ++i) {
    users.emplace_back(harness_, absl::StrCat("user", i));
    apps.push_back(users.back().Enroll());
  }
  for (const User& user : users) before.push_back(Record(user));
  User tenants(harness_, "user0", "tenant");
  const App tenants_app = tenants.Enroll();
  Rest();
  Promote();

  const absl::StatusOr<RewrapTotals> counted = Run(/*dry_run=*/true);
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_EQ(counted->secrets_of_key, Uses({{kOld, kSecrets + 1}}));
  EXPECT_EQ(counted->rewrapped, 0);
  for (int i = 0; i < kUsers; ++i) {
    EXPECT_EQ(Record(users[i]).SerializeAsString(), before[i].SerializeAsString());
  }

  const absl::StatusOr<RewrapTotals> totals = Run(/*dry_run=*/false);
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->secrets_of_key, Uses({{kNew, kSecrets + 1}}));
  EXPECT_EQ(totals->rewrapped, kSecrets);
  EXPECT_EQ(totals->unreadable, 0);
  EXPECT_EQ(totals->subjects_total, kUsers + 1);
  EXPECT_EQ(totals->subjects_done, kUsers + 1);
  EXPECT_GT(reports_, 4);

  // The old key is not needed any more.
  harness_.ReplaceRing(Ring(kNew, {kNew}));
  EXPECT_EQ(SyncWait(CheckKeyRing(harness_.storage(), harness_.ring())), absl::OkStatus());
  for (int i = 0; i < kUsers; ++i) {
    SubjectRecord after = Record(users[i]);
    for (int m = 0; m < after.methods_size(); ++m) {
      after.mutable_methods(m)->set_sealed(before[i].methods(m).sealed());
    }
    EXPECT_EQ(after.SerializeAsString(), before[i].SerializeAsString());
    EXPECT_EQ(Reason(users[i].Verify(apps[i].CodeAt(Now()))), "ok");
    EXPECT_EQ(Reason(users[i].Verify(users[i].backup_codes()[0])), "ok");
  }
  EXPECT_EQ(Reason(tenants.Verify(tenants_app.CodeAt(Now()))), "ok");
}

TEST_P(Rewrapping, T39_ARememberedDeviceIsSealedAgainAndStaysRemembered) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  v1::VerifyRequest verify = VerifyOf(user, app.CodeAt(Now()));
  verify.mutable_remember()->set_max_age_seconds(3600);
  const std::string token = harness_.Call(verify)->new_grant().token();
  Rest();
  Promote();
  EXPECT_EQ(Run(/*dry_run=*/true)->secrets_of_key, Uses({{kOld, 4}}));
  const absl::StatusOr<RewrapTotals> totals = Run(/*dry_run=*/false);
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->secrets_of_key, Uses({{kNew, 4}}));
  EXPECT_EQ(totals->rewrapped, 3);
  harness_.ReplaceRing(Ring(kNew, {kNew}));
  auto check = user.About<v1::CheckGrantRequest>();
  check.set_grant(token);
  EXPECT_EQ(Reason(harness_.Call(check)), "ok");
}

TEST_P(Rewrapping, T10_ALoginBetweenReadAndWriteIsNotUndone) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  Promote();
  const std::string code = app.CodeAt(Now());
  const std::string key = SubjectKey("", "ann");
  bool logged_in = false;
  hooks_->before_put = [&](const std::string& written) {
    if (written != key || std::exchange(logged_in, true)) return;
    EXPECT_EQ(Reason(user.Verify(code)), "ok");
  };
  ASSERT_TRUE(Run(/*dry_run=*/false).ok());
  hooks_->before_put = nullptr;
  EXPECT_TRUE(logged_in);
  EXPECT_EQ(KeysOf(user), (std::vector<uint32_t>{kNew, kNew}));
  EXPECT_EQ(Reason(user.Verify(code)), "CODE_REJECTED") << "the code stays used";
}

TEST_P(Rewrapping, T39_WhatCannotBeReadStaysAndIsCounted) {
  std::vector<User> users;
  for (const char* name : {"damaged", "newer", "unknown", "other_key", "good"}) {
    users.emplace_back(harness_, name);
    users.back().Enroll();
  }
  Promote();
  Tamper(harness_.storage(), "damaged",
         [](SubjectRecord& record) { record.mutable_methods(0)->mutable_sealed()->back() ^= 1; });
  Tamper(harness_.storage(), "newer", [](SubjectRecord& record) { record.set_schema(kRecordSchema + 1); });
  Tamper(harness_.storage(), "unknown",
         [](SubjectRecord& record) { record.mutable_methods(0)->set_type(static_cast<v1::MethodType>(99)); });
  Tamper(harness_.storage(), "other_key",
         [](SubjectRecord& record) { (*record.mutable_methods(0)->mutable_sealed())[4] = 9; });
  std::vector<std::string> before;
  for (const User& user : users) before.push_back(Record(user).SerializeAsString());
  const absl::StatusOr<RewrapTotals> totals = Run(/*dry_run=*/false);
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->unreadable, 3);
  EXPECT_EQ(totals->newer_records, 1);
  EXPECT_EQ(totals->rewrapped, 5) << "three sets of backup codes, and both methods of the good user";
  EXPECT_EQ(totals->secrets_of_key, Uses({{kOld, 2}, {kNew, 6}, {9, 1}}));
  EXPECT_EQ(Record(users[1]).SerializeAsString(), before[1]);
  for (const int i : {0, 2, 3}) {
    SubjectRecord record;
    ASSERT_TRUE(record.ParseFromString(before[i]));
    EXPECT_EQ(Record(users[i]).methods(0).sealed(), record.methods(0).sealed());
  }
  EXPECT_EQ(Run(/*dry_run=*/true)->secrets_of_key, totals->secrets_of_key);
}

TEST_P(Rewrapping, ARememberedRequestNeedsItsKeyForAMinute) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  v1::VerifyRequest request = VerifyOf(user, app.CodeAt(Now()));
  request.set_request_id(NewRequestId());
  ASSERT_EQ(Reason(harness_.Call(request)), "ok");
  Promote();
  EXPECT_EQ(Run(/*dry_run=*/false)->secrets_of_key, Uses({{kOld, 1}, {kNew, 3}}));
  AdvanceSeconds(60);
  EXPECT_EQ(Run(/*dry_run=*/true)->secrets_of_key, Uses({{kNew, 3}}));
}

TEST_P(Rewrapping, StopsWithoutALeaseAndWhenItIsTold) {
  User user(harness_, "ann");
  user.Enroll();
  Promote();
  EXPECT_TRUE(absl::IsCancelled(Run(/*dry_run=*/false, /*goes_on=*/false).status()));
  harness_.lease().End();
  EXPECT_TRUE(absl::IsUnavailable(Run(/*dry_run=*/false).status()));
  EXPECT_EQ(KeysOf(user), (std::vector<uint32_t>{kOld, kOld}));
}

TEST_P(Rewrapping, AKeyRingThatDoesNotOpenTheMarkerSealsNothing) {
  User user(harness_, "ann");
  user.Enroll();
  const std::string before = Record(user).SerializeAsString();
  harness_.ReplaceRing(Ring(kNew, {kNew}));
  EXPECT_TRUE(absl::IsFailedPrecondition(Run(/*dry_run=*/false).status()));
  EXPECT_EQ(Record(user).SerializeAsString(), before);
}

}  // namespace
}  // namespace twofold
