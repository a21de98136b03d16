#include "server/rules/grant_record.h"

#include <algorithm>
#include <utility>

#include "common/status_macros.h"
#include "crypto/associated_data.h"
#include "crypto/constant_time.h"
#include "crypto/random_id.h"
#include "crypto/sha256.h"
#include "google/protobuf/util/time_util.h"
#include "server/errors.h"
#include "server/methods/backup_codes/code_format.h"
#include "server/rules/idempotency.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::Grant;
using internal::v1::GrantSecret;
using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

constexpr size_t kSecretBytes = 32;

std::string AssociatedData(const MethodContext& context, const Grant& grant) {
  return LengthPrefixed({context.subject.tenant, context.subject.user, grant.grant_id(), grant.caller()});
}

Grant* FindById(SubjectRecord& record, absl::string_view grant_id) {
  for (Grant& grant : *record.mutable_grants()) {
    if (grant.grant_id() == grant_id) return &grant;
  }
  return nullptr;
}

absl::string_view IdOf(absl::string_view token) { return token.substr(0, token.find('.')); }

// Why the grant is not accepted. kNone: it is.
Cause Check(const RuleContext& context, const Grant& grant, absl::string_view caller,
            absl::string_view token) {
  if (grant.caller() != caller) return Cause::kNoGrant;
  const absl::StatusOr<SecretBytes> opened =
      context.ring.Open(Purpose::kGrant, grant.sealed(), AssociatedData(context, grant));
  GrantSecret secret;
  if (!opened.ok() || !secret.ParseFromArray(opened->bytes().data(), static_cast<int>(opened->size()))) {
    return Cause::kMethodUnreadable;
  }
  if (!ConstantTimeEquals(secret.digest(), Sha256(token))) return Cause::kWrong;
  const bool is_over = std::min(grant.expire_time(), secret.expire_time()) <= context.now;
  return is_over ? Cause::kNoGrant : Cause::kNone;
}

void MakeRoom(SubjectRecord& record) {
  const auto used = [](const Grant& grant) { return std::max(grant.create_time(), grant.last_used_time()); };
  auto& grants = *record.mutable_grants();
  while (grants.size() >= kMaxGrants) {
    grants.erase(std::min_element(grants.begin(), grants.end(),
                                  [&](const Grant& a, const Grant& b) { return used(a) < used(b); }));
  }
}

}  // namespace

v1::NewGrant AddGrant(const RuleContext& context, const std::string& caller, const v1::Remember& remember,
                      const std::string& method_id, SubjectRecord& record) {
  Grant grant;
  grant.set_grant_id(RandomId(context.random));
  grant.set_description(remember.description());
  grant.set_caller(caller);
  grant.set_method_id(method_id);
  grant.set_create_time(context.now);
  const int64_t lifetime = std::min(remember.max_age_seconds() * kMillisPerSecond, kMaxGrantLifetime);
  grant.set_expire_time(context.now + lifetime);
  v1::NewGrant made;
  made.set_token(absl::StrCat(grant.grant_id(), ".", RandomId(context.random, kSecretBytes)));
  *made.mutable_grant() = ShowGrant(grant);
  GrantSecret secret;
  secret.set_digest(Sha256(made.token()));
  secret.set_expire_time(grant.expire_time());
  grant.set_sealed(context.ring.Seal(Purpose::kGrant, secret.SerializeAsString(),
                                     AssociatedData(context, grant), context.random));
  MakeRoom(record);
  *record.add_grants() = std::move(grant);
  return made;
}

Grant* FindGrant(const RuleContext& context, absl::string_view caller, absl::string_view token,
                 Draft& draft) {
  Grant* const grant = FindById(draft.record, IdOf(token));
  draft.cause = grant == nullptr ? Cause::kNoGrant : Check(context, *grant, caller, token);
  return draft.cause == Cause::kNone ? grant : nullptr;
}

bool MayBeRemembered(absl::string_view method_id) { return method_id != kBackupMethodId; }

int EndGrants(SubjectRecord& record) {
  const int ended = record.grants_size();
  record.clear_grants();
  for (internal::v1::Prompt& prompt : *record.mutable_prompts()) prompt.clear_remember_seconds();
  return ended;
}

v1::Grant ShowGrant(const Grant& grant) {
  v1::Grant shown;
  shown.set_grant_id(grant.grant_id());
  shown.set_description(grant.description());
  shown.set_caller(grant.caller());
  *shown.mutable_create_time() = TimeUtil::MillisecondsToTimestamp(grant.create_time());
  *shown.mutable_expire_time() = TimeUtil::MillisecondsToTimestamp(grant.expire_time());
  if (grant.last_used_time() != 0) {
    *shown.mutable_last_used_time() = TimeUtil::MillisecondsToTimestamp(grant.last_used_time());
  }
  return shown;
}

void RememberGrant(const RuleContext& context, const v1::NewGrant& grant, PastRequest& answered) {
  internal::v1::CodeList list;
  list.add_codes(grant.token());
  SealCodes(context, list.codes(), answered);
}

absl::StatusOr<std::optional<v1::NewGrant>> RepeatGrant(const RuleContext& context, const PastRequest& past,
                                                        const SubjectRecord& record) {
  TWOFOLD_ASSIGN_OR_RETURN(const internal::v1::CodeList list, OpenCodes(context, past));
  for (const Grant& grant : record.grants()) {
    if (list.codes().empty() || grant.grant_id() != IdOf(list.codes(0))) continue;
    v1::NewGrant again;
    again.set_token(list.codes(0));
    *again.mutable_grant() = ShowGrant(grant);
    return again;
  }
  return std::nullopt;
}

absl::StatusOr<bool> ResealGrantIfOld(const MethodContext& context, Grant& grant) {
  if (context.ring.SealedByPrimary(grant.sealed())) return false;
  const std::string associated = AssociatedData(context, grant);
  const absl::StatusOr<SecretBytes> secret = context.ring.Open(Purpose::kGrant, grant.sealed(), associated);
  if (!secret.ok()) return UnsealError(secret.status());
  grant.set_sealed(context.ring.Seal(Purpose::kGrant, secret->text(), associated, context.random));
  return true;
}

}  // namespace twofold
