// Whose code it is: names, keys, and texts that are no codes.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "crypto/otp.h"
#include "crypto/password_hash.h"
#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "server/rules/fields.h"
#include "server/rules/rate_limits.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

class Subjects : public ThreatTest {};
INSTANTIATE_TEST_SUITE_P(, Subjects, EverySetting(), SettingName);

TEST_P(Subjects, T30_EveryBackupCodeOfAnotherUserIsRefused) {
  User ann(harness_, "ann");
  User bob(harness_, "bob");
  ann.Enroll();
  bob.Enroll();
  for (const std::string& code : bob.backup_codes()) {
    Pardon(ann);
    EXPECT_EQ(Reason(ann.Verify(code)), "CODE_REJECTED");
  }
  EXPECT_EQ(BackupCodesOf(Record(bob)).backup_codes().unused(), 0x3ffU);
  Rest();
  EXPECT_EQ(Reason(bob.Verify(bob.backup_codes()[9])), "ok");
}

TEST_P(Subjects, T30_IdsThatReadAsTheSameNumberAreDifferentUsers) {
  const std::vector<std::string> names = {"0", "00", "1e3", "1000", "0x0", "-0", "1000.0", "null", "true"};
  std::vector<User> users;
  std::vector<App> apps;
  for (const std::string& name : names) users.emplace_back(harness_, name);
  for (User& user : users) apps.push_back(user.Enroll());
  for (size_t i = 0; i < users.size(); ++i) {
    for (size_t j = 0; j < users.size(); ++j) {
      const std::string code = apps[j].CodeAt(Now());
      // By chance two apps show the same: among so many in one of 4,000 runs.
      if (i == j || apps[i].Shows(code, Now())) continue;
      EXPECT_TRUE(Refused(users[i].Verify(code))) << names[i] << " by the code of " << names[j];
    }
    Pardon(users[i]);
    EXPECT_EQ(Reason(users[i].Verify(apps[i].CodeAt(Now()))), "ok");
  }
}

TEST_P(Subjects, T30_OneIdInTwoTenantsIsTwoUsers) {
  User here(harness_, "ann", "here");
  User there(harness_, "ann", "there");
  User nowhere(harness_, "ann");
  const App app = here.Enroll();
  there.Enroll();
  EXPECT_FALSE(nowhere.List()->second_factor_required());
  EXPECT_TRUE(Refused(there.Verify(app.CodeAt(Now()))));
  EXPECT_TRUE(Refused(there.Verify(here.backup_codes()[0])));
  EXPECT_TRUE(Refused(nowhere.Verify(app.CodeAt(Now()))));
  EXPECT_EQ(RecordOf(harness_.storage(), "ann", "here").budget().consecutive_failures(), 0);
  EXPECT_EQ(Reason(here.Verify(app.CodeAt(Now()))), "ok");
}

TEST_P(Subjects, T31_IdsThatLookLikeKeysDoNotCollide) {
  // The last ones split the same text in another place.
  const std::vector<std::pair<std::string, std::string>> names = {
      {"", "ann"},   {"ann", "ann"}, {"", "annann"}, {"", "{ann}"}, {"", "tf1:{AGFubg}"}, {"", "ann:l"},
      {"", "ann:r"}, {"", "ann*"},   {"", "store"},  {"a", "nnx"},  {"an", "nx"},         {"", "a\\0nn"},
  };
  std::vector<User> users;
  std::vector<App> apps;
  for (const auto& [tenant, name] : names) users.emplace_back(harness_, name, tenant);
  for (User& user : users) apps.push_back(user.Enroll());
  for (size_t i = 0; i < users.size(); ++i) EXPECT_EQ(Reason(users[i].Verify(apps[i].CodeAt(Now()))), "ok");
}

TEST_P(Subjects, T31_NamesWithControlCharactersAreRefused) {
  for (const std::string& name : {std::string("a\nb"), std::string("a\0b", 3), std::string("\0store", 6),
                                  std::string("a\x7f"), std::string("a\u0085b"), std::string("\x01")}) {
    EXPECT_EQ(Reason(User(harness_, name).Verify("123456")), "INVALID_REQUEST");
    EXPECT_EQ(Reason(User(harness_, "ann", name).Verify("123456")), "INVALID_REQUEST");
  }
}

TEST_P(Subjects, T20_NamesWithInvisibleCharactersAreRefused) {
  // Soft hyphen, zero-width space, joiner, right-to-left override, isolate, word joiner, Hangul filler,
  // variation selector, byte order mark, tag.
  for (const std::string invisible : {"\u00ad", "\u200b", "\u200d", "\u202e", "\u2066", "\u2060", "\u3164",
                                      "\ufe0f", "\ufeff", "\U000e0041"}) {
    EXPECT_EQ(Reason(User(harness_, "an" + invisible + "n").Verify("123456")), "INVALID_REQUEST");
    EXPECT_EQ(Reason(User(harness_, invisible).Verify("123456")), "INVALID_REQUEST");
    EXPECT_EQ(Reason(User(harness_, "ann", "ten" + invisible + "ant").Verify("123456")), "INVALID_REQUEST");
  }
}

TEST_P(Subjects, T20_VariantsOfANameAreRefusedOrTrulyOtherUsers) {
  User user(harness_, "Zo\u00eb");
  const App app = user.Enroll();
  for (const char* refused : {"Zoe\u0308", " Zo\u00eb", "Zo\u00eb ", "Zo\u00eb\u00a0", "Zo\u00eb\t",
                              "Zo\xc1\xab", "Zo\xeb", "Zo\xed\xa0\x80", ""}) {
    EXPECT_EQ(Reason(User(harness_, refused).Verify(app.CodeAt(Now()))), "INVALID_REQUEST") << refused;
  }
  EXPECT_EQ(Reason(User(harness_, std::string(256, 'a')).Verify("123456")), "INVALID_REQUEST");
  EXPECT_EQ(Reason(User(harness_, "ann", std::string(256, 'a')).Verify("123456")), "INVALID_REQUEST");
  for (const char* other : {"zo\u00eb", "ZO\u00cb", "Zo\u00eb.", "Zoe"}) {
    EXPECT_TRUE(Refused(User(harness_, other).Verify(app.CodeAt(Now())))) << other;
    EXPECT_FALSE(User(harness_, other).List()->second_factor_required());
    EXPECT_FALSE(Stored(harness_.storage(), other).has_value());
  }
  EXPECT_EQ(Failures(user), 0);
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
}

std::string Repeated(const char* text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// An OpenID Connect subject has up to 255 characters. Percent-encoded, those of the second name are the most
// that a QR code has to hold.
TEST_P(Subjects, T20_TheLongestNamesAreUsersLikeOthers) {
  for (const std::string& longest : {Repeated("a", 255), Repeated("\u20ac", 85)}) {
    ASSERT_EQ(longest.size(), 255U);
    User user(harness_, longest, longest);
    v1::EnrollRequest request;
    request.set_issuer(Repeated("\u00e9", 32));
    request.set_secret_base32(std::string(204, 'A'));
    request.set_algorithm(v1::ALGORITHM_SHA512);
    request.set_qr_format(v1::QR_FORMAT_PNG);
    const App app = user.Enroll(request);
    auto guess = VerifyOf(user, app.WrongCode(Now()));
    guess.set_client_address("2001:db8:ffff:ffff::1");
    EXPECT_EQ(Reason(harness_.Call(guess)), "CODE_REJECTED");
    EXPECT_EQ(Reason(user.Verify(user.backup_codes()[0])), "ok");
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
    EXPECT_TRUE(user.List()->second_factor_required());
    // One byte less is somebody else.
    EXPECT_FALSE(User(harness_, longest, longest.substr(0, 252)).List()->has_record());
  }
}

TEST_P(Subjects, T20_GuessesAtOneSpellingTakeNothingFromAnother) {
  Limits limits = PolicyUnderTest();
  limits.login_limit = DefaultLimits().login_limit;
  harness_.Restart(limits);
  User lower(harness_, "ann");
  User upper(harness_, "Ann");
  const App app = lower.Enroll();
  upper.Enroll();
  Rest();
  while (Reason(upper.Verify(app.WrongCode(Now()))) != "RATE_LIMITED") continue;
  EXPECT_EQ(Reason(lower.Verify(app.CodeAt(Now()))), "ok");
}

TEST_P(Subjects, T32_WhatIsNoCodeIsRefusedWithoutAnyWork) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::vector<std::string> texts = {"",
                                          "0",
                                          "12345",
                                          "123456789",
                                          "1234567890123456",
                                          std::string(1 << 20, '1'),
                                          std::string(6, '\0'),
                                          std::string("12345\0", 6),
                                          "\xff\xfe\xfd\xfc\xfb\xfa",
                                          std::string("\xc0\xb1") + "23456",
                                          "12345\xd9",
                                          "abcdef",
                                          "1234567a",
                                          "AAAA-BBBB-CCCC-DDD",
                                          "0000-1111-OOOO-IIII"};
  const std::string before = Record(user).SerializeAsString();
  const int64_t hmacs = OtpHmacCount();
  const int64_t hashes = PasswordHashCount();
  for (const std::string& text : texts) {
    EXPECT_EQ(Reason(user.Verify(text)), "MALFORMED_CODE");
    EXPECT_EQ(Reason(user.Verify(text, app.method_id())), "MALFORMED_CODE");
    EXPECT_EQ(Reason(harness_.Call(ResyncOf(user, app, text, "123456"))), "MALFORMED_CODE");
    EXPECT_EQ(Reason(harness_.Call(ResyncOf(user, app, "123456", text))), "MALFORMED_CODE");
    auto confirm = user.About<v1::ConfirmEnrollmentRequest>();
    confirm.set_method_id(app.method_id());
    confirm.set_code(text);
    EXPECT_EQ(Reason(harness_.Call(confirm)), "MALFORMED_CODE");
    auto rotate = user.About<v1::RotateBackupCodesRequest>();
    rotate.set_proof_code(text);
    EXPECT_EQ(Reason(harness_.Call(rotate)), text.empty() ? "PROOF_REQUIRED" : "MALFORMED_CODE");
  }
  auto one = user.About<v1::ResyncMethodRequest>();
  one.set_method_id(app.method_id());
  one.add_codes("123456");
  EXPECT_EQ(Reason(harness_.Call(one)), "INVALID_REQUEST");
  EXPECT_EQ(OtpHmacCount(), hmacs);
  EXPECT_EQ(PasswordHashCount(), hashes);
  EXPECT_EQ(Record(user).SerializeAsString(), before);
}

// Names as a hostile directory would have them: pieces of keys, put together at random.
rc::Gen<std::string> Name(bool may_be_empty) {
  const auto piece = rc::gen::weightedOneOf<std::string>({
      {4, rc::gen::element<std::string>("a", "b", "ann", "{", "}", ":", ":l", ":r", ":r:", "*", "tf1:{",
                                        "tf1:a:{", "/64", "\n", "-", "_", "=", "AA", "store", " ")},
      {1, rc::gen::map(rc::gen::inRange(1, 256),
                       [](int byte) { return std::string(1, static_cast<char>(byte)); })},
  });
  const auto name = rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const auto& pieces) {
    std::string text;
    for (const std::string& part : pieces) text += part;
    return text;
  });
  return may_be_empty ? name : rc::gen::suchThat(name, [](const std::string& text) { return !text.empty(); });
}

rc::Gen<std::string> Address() {
  return rc::gen::element<std::string>("192.0.2.1", "192.0.2.2", "2001:db8::/64", "2001:db8::/48");
}

// Every name that is built for a subject.
std::vector<std::string> NamesOf(const std::string& tenant, const std::string& user,
                                 const std::string& address) {
  const std::string key = SubjectKey(tenant, user);
  std::vector<std::string> names = {key,
                                    FlatName(key),
                                    LoginBucket(key),
                                    ResyncBucket(key),
                                    ResyncBucket(key, address),
                                    BackupBucket(key),
                                    BackupBucket(key, address),
                                    WriteBucket(key)};
  return names;
}

RC_GTEST_PROP(Keys, T31_TheKeyFunctionIsInjective, ()) {
  const std::string tenant = *Name(true);
  const std::string other_tenant = *rc::gen::oneOf(Name(true), rc::gen::just(tenant));
  const std::string user = *Name(false);
  const std::string other_user = *rc::gen::oneOf(Name(false), rc::gen::just(user));
  const bool same = tenant == other_tenant && user == other_user;
  RC_CLASSIFY(same);
  RC_ASSERT((SubjectKey(tenant, user) == SubjectKey(other_tenant, other_user)) == same);
  RC_ASSERT(SubjectKey(tenant, user) != StoreMarkerKey());
}

// One text, cut into tenant and user in two places.
RC_GTEST_PROP(Keys, T31_WhereATenantEndsMatters, ()) {
  const std::string text = *Name(false);
  const size_t one = *rc::gen::inRange<size_t>(0, text.size());
  const size_t other = *rc::gen::inRange<size_t>(0, text.size());
  const std::string key = SubjectKey(text.substr(0, one), text.substr(one));
  const std::string other_key = SubjectKey(text.substr(0, other), text.substr(other));
  RC_ASSERT((key == other_key) == (one == other));
}

RC_GTEST_PROP(Keys, T31_NoTwoNamesOfStoredThingsAreTheSame, ()) {
  const std::string tenant = *Name(true);
  const std::string other_tenant = *rc::gen::oneOf(Name(true), rc::gen::just(tenant));
  const std::string user = *Name(false);
  const std::string other_user = *rc::gen::oneOf(Name(false), rc::gen::just(user));
  const std::string address = *Address();
  const std::string other_address = *Address();
  RC_PRE(tenant != other_tenant || user != other_user);
  std::vector<std::string> all = NamesOf(tenant, user, address);
  for (const std::string& name : NamesOf(other_tenant, other_user, other_address)) all.push_back(name);
  all.push_back(NetworkCodesBucket(address));
  all.push_back(NetworkWritesBucket(address));
  if (address != other_address) {
    all.push_back(NetworkCodesBucket(other_address));
    all.push_back(NetworkWritesBucket(other_address));
    all.push_back(ResyncBucket(SubjectKey(tenant, user), other_address));
    all.push_back(BackupBucket(SubjectKey(tenant, user), other_address));
  }
  all.push_back(StoreMarkerKey());
  all.push_back(FlatName(StoreMarkerKey()));
  std::sort(all.begin(), all.end());
  RC_ASSERT(std::adjacent_find(all.begin(), all.end()) == all.end());
}

// What the engine really asks the limiter for.
RC_GTEST_PROP(Keys, T31_TwoSubjectsShareNoBucketButTheirAddresses, ()) {
  const Subject one(*Name(true), *Name(false));
  const Subject two(*rc::gen::oneOf(Name(true), rc::gen::just(one.tenant)),
                    *rc::gen::oneOf(Name(false), rc::gen::just(one.user)));
  RC_PRE(one.key != two.key);
  const absl::StatusOr<ClientAddress> address = CheckClientAddress("2001:db8::1");
  std::set<std::string> of_networks;
  for (const std::string& network : {address->network, address->site}) {
    of_networks.insert(NetworkCodesBucket(network));
    of_networks.insert(NetworkWritesBucket(network));
  }
  const Limits limits;
  const auto names = [&](const Subject& subject) {
    std::set<std::string> all;
    for (const Presented& presented :
         {Presented(OtpCode()), Presented(ConsecutiveCodes()), Presented(BackupCode())}) {
      for (const Bucket& bucket : PresentedBuckets(limits, subject, presented, *address)) {
        all.insert(bucket.name);
      }
    }
    for (const Bucket& bucket : WriteBuckets(limits, subject, *address)) all.insert(bucket.name);
    return all;
  };
  std::set<std::string> shared;
  for (const std::string& name : names(one)) {
    if (names(two).contains(name)) shared.insert(name);
  }
  RC_ASSERT(shared == of_networks);
}

// Whatever bytes come in, a name is stored as those bytes or refused.
RC_GTEST_PROP(Keys, T31_ANameIsKeptByteByByteOrRefused, ()) {
  const std::string tenant = *Name(true);
  const std::string user = *Name(true);
  const absl::StatusOr<Subject> subject = CheckSubject(tenant, user);
  if (!subject.ok()) return;
  RC_ASSERT(subject->tenant == tenant && subject->user == user);
  RC_ASSERT(subject->key == tenant + std::string(1, '\0') + user);
  RC_ASSERT(!user.empty());
  RC_ASSERT(user.find('\n') == std::string::npos && tenant.find('\n') == std::string::npos);
}

}  // namespace
}  // namespace twofold
