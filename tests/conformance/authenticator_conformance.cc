#include "tests/conformance/authenticator_conformance.h"

#include <utility>
#include <vector>

#include "crypto/otp.h"
#include "crypto/password_hash.h"
#include "crypto/system_random.h"
#include "server/errors.h"
#include "server/methods/challenge.h"
#include "server/rules/context.h"

namespace twofold {

std::string AuthenticatorName(const testing::TestParamInfo<AuthenticatorFactory>& info) {
  return info.param.name;
}

CheckResult CheckFully(const Authenticator& authenticator, const MethodContext& context, WorkResults& done,
                       const internal::v1::Method& method, const Presented& presented) {
  OrWork<CheckResult> result = authenticator.Check(context, method, presented);
  while (result.needs_work()) {
    Work work = std::move(result).work();
    std::string value = work.run();
    done.Add(std::move(work.key), std::move(value));
    result = authenticator.Check(context, method, presented);
  }
  return std::move(result.value());
}

namespace {

using internal::v1::Method;
using Outcome = CheckResult::Outcome;

constexpr UnixMillis kNow = 1'800'000'000'000;

std::unique_ptr<KeyRing> RingOf(uint32_t primary, const std::vector<uint32_t>& ids) {
  std::vector<RingKey> keys;
  for (const uint32_t id : ids)
    keys.emplace_back(id, SecretBytes::FromString(std::string(32, static_cast<char>(id))));
  return *KeyRing::Create(primary, std::move(keys));
}

// One subject under one key ring.
class World {
 public:
  explicit World(uint32_t primary = 1, const std::vector<uint32_t>& ids = {1},
                 const std::string& user = "ann")
      : ring_(RingOf(primary, ids)), subject_("tenant", user) {}

  MethodContext context() const { return {*ring_, SystemRandom(), subject_, kNow, done_}; }
  const KeyRing& ring() const { return *ring_; }
  CheckResult Check(const AuthenticatorUnderTest& type, const Method& method, const Presented& presented) {
    MethodContext known = context();
    known.record = type.record.get();
    CheckResult result = CheckFully(*type.authenticator, known, done_, method, presented);
    // As the rules do.
    const internal::v1::ChallengeToken* const challenge = ChallengeOf(presented);
    if (result.outcome == Outcome::kAccepted && challenge != nullptr) {
      type.record->set_challenges_used_until(challenge->issue_time());
    }
    return result;
  }

 private:
  const std::unique_ptr<KeyRing> ring_;
  const Subject subject_;
  WorkResults done_;
};

struct Effort {
  int64_t hmacs;
  int64_t hashes;
  int candidates;
  bool operator==(const Effort&) const = default;
};

Effort EffortOf(const std::function<CheckResult()>& check) {
  const int64_t hmacs = OtpHmacCount();
  const int64_t hashes = PasswordHashCount();
  const CheckResult result = check();
  return Effort{OtpHmacCount() - hmacs, PasswordHashCount() - hashes, result.candidates};
}

TEST_P(AuthenticatorConformance, AcceptsWhatIsRightOnce) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  const Method method = type.enroll(world.context(), "one");
  const Presented right = type.right(world.context(), method, 0);
  ASSERT_TRUE(type.authenticator->Takes(right));
  const CheckResult first = world.Check(type, method, right);
  ASSERT_EQ(first.outcome, Outcome::kAccepted);
  EXPECT_EQ(first.after.method_id(), "one");
  EXPECT_EQ(world.Check(type, first.after, right).outcome, Outcome::kReplayed);
}

TEST_P(AuthenticatorConformance, RefusesEverythingThatItAcceptedBefore) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  Method method = type.enroll(world.context(), "one");
  std::vector<Presented> used;
  for (int nth = 0; nth < 3; ++nth) used.push_back(type.right(world.context(), method, nth));
  for (const Presented& presented : used) {
    // One call presents one thing.
    World call;
    CheckResult result = call.Check(type, method, presented);
    ASSERT_EQ(result.outcome, Outcome::kAccepted);
    method = std::move(result.after);
  }
  for (const Presented& presented : used) {
    World call;
    EXPECT_NE(call.Check(type, method, presented).outcome, Outcome::kAccepted);
  }
}

TEST_P(AuthenticatorConformance, RejectsWhatIsWrongAtACost) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  const Method method = type.enroll(world.context(), "one");
  const CheckResult result = world.Check(type, method, type.wrong(world.context(), method));
  EXPECT_EQ(result.outcome, Outcome::kRejected);
  EXPECT_GE(result.candidates, 1);
}

TEST_P(AuthenticatorConformance, ChecksAPendingMethodLikeAnActiveOne) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  Method method = type.enroll(world.context(), "one");
  method.set_state(v1::METHOD_STATE_PENDING);
  EXPECT_EQ(world.Check(type, method, type.right(world.context(), method, 0)).outcome, Outcome::kAccepted);
}

TEST_P(AuthenticatorConformance, ChangesWhatIsItsOwnAlone) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  Method method = type.enroll(world.context(), "one");
  method.set_description("Ann's");
  method.set_preferred(true);
  method.set_proven(true);
  const std::string before = method.SerializeAsString();
  Method after = world.Check(type, method, type.right(world.context(), method, 0)).after;
  EXPECT_EQ(method.SerializeAsString(), before);
  after.set_sealed(method.sealed());
  after.clear_use();
  method.clear_use();
  EXPECT_EQ(after.SerializeAsString(), method.SerializeAsString());
}

TEST_P(AuthenticatorConformance, RefusesTheStateOfAnotherSubjectIdOrType) {
  const AuthenticatorUnderTest type = GetParam().make();
  World ann;
  World bob(1, {1}, "bob");
  const Method method = type.enroll(ann.context(), "one");
  const Presented right = type.right(ann.context(), method, 0);
  Method other_id = method;
  other_id.set_method_id("two");
  Method other_type = method;
  other_type.set_type(static_cast<v1::MethodType>(method.type() + 1));
  for (const CheckResult& result : {bob.Check(type, method, right), ann.Check(type, other_id, right),
                                    ann.Check(type, other_type, right)}) {
    EXPECT_EQ(result.outcome, Outcome::kUnreadable);
    EXPECT_EQ(ReasonOf(result.unreadable), v1::RECORD_CORRUPT);
    EXPECT_EQ(result.candidates, 0);
  }
}

TEST_P(AuthenticatorConformance, RefusesASecretThatWasChangedInAnyByte) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  const Method method = type.enroll(world.context(), "one");
  const Presented right = type.right(world.context(), method, 0);
  for (size_t i = 0; i < method.sealed().size(); ++i) {
    Method changed = method;
    (*changed.mutable_sealed())[i] ^= 1;
    EXPECT_EQ(world.Check(type, changed, right).outcome, Outcome::kUnreadable) << i;
  }
}

TEST_P(AuthenticatorConformance, TellsAMissingKeyFromADamagedSecret) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  const Method method = type.enroll(world.context(), "one");
  World elsewhere(2, {2});
  const CheckResult result = elsewhere.Check(type, method, type.right(world.context(), method, 0));
  EXPECT_EQ(result.outcome, Outcome::kUnreadable);
  EXPECT_EQ(ReasonOf(result.unreadable), v1::KEY_UNAVAILABLE);
}

TEST_P(AuthenticatorConformance, SealsAgainUnderThePrimaryKeyWhenItAccepts) {
  const AuthenticatorUnderTest type = GetParam().make();
  World old_ring(1, {1});
  World both(2, {1, 2});
  World new_ring(2, {2});
  const Method method = type.enroll(old_ring.context(), "one");
  const Presented first = type.right(old_ring.context(), method, 0);
  const Presented second = type.right(old_ring.context(), method, 1);
  const CheckResult accepted = both.Check(type, method, first);
  ASSERT_EQ(accepted.outcome, Outcome::kAccepted);
  EXPECT_TRUE(both.ring().SealedByPrimary(accepted.after.sealed()));
  EXPECT_EQ(new_ring.Check(type, accepted.after, second).outcome, Outcome::kAccepted);
}

TEST_P(AuthenticatorConformance, DoesTheSameWorkForNobody) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  const Method method = type.enroll(world.context(), "one");
  const Presented wrong = type.wrong(world.context(), method);
  World nobody(1, {1}, "\x01");
  const Method decoy = type.authenticator->NewDecoy(nobody.context());
  const Effort for_somebody = EffortOf([&] { return world.Check(type, method, wrong); });
  Effort for_nobody = EffortOf([&] { return nobody.Check(type, decoy, wrong); });
  // Nobody has a challenge, so there is nothing to compare.
  if (type.authenticator->needs_challenge()) for_nobody.candidates = for_somebody.candidates;
  EXPECT_EQ(for_nobody, for_somebody);
  World again;
  const Presented right = type.right(again.context(), method, 0);
  EXPECT_EQ(EffortOf([&] { return again.Check(type, method, right); }), for_somebody);
}

TEST_P(AuthenticatorConformance, ShowsNothingSecret) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  const Method method = type.enroll(world.context(), "one");
  v1::Method shown;
  type.authenticator->Describe(method, shown);
  EXPECT_EQ(shown.SerializeAsString().find(method.sealed()), std::string::npos);
  EXPECT_LT(shown.ByteSizeLong(), 40U);
}

TEST_P(AuthenticatorConformance, IsEnrolledAsItsOwnTypeOrNotAtAll) {
  const AuthenticatorUnderTest type = GetParam().make();
  World world;
  Method method;
  method.set_method_id("one");
  method.set_type(type.authenticator->type());
  v1::EnrollRequest request;
  request.set_type(type.authenticator->type());
  request.set_user_id("ann");
  const absl::Status enrolled = type.authenticator->Enroll(world.context(), request, method);
  if (enrolled.ok()) {
    EXPECT_EQ(method.type(), type.authenticator->type());
    EXPECT_FALSE(method.sealed().empty());
  } else {
    EXPECT_EQ(ReasonOf(enrolled), v1::INVALID_REQUEST);
  }
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AuthenticatorConformance);

}  // namespace twofold
