#include "server/rules/record.h"

#include <algorithm>
#include <tuple>

#include "google/protobuf/util/time_util.h"
#include "server/errors.h"
#include "server/methods/backup_codes/code_format.h"
#include "server/methods/challenge.h"
#include "server/rules/lockout.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::FailureBudget;
using internal::v1::Method;
using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

bool WentBack(UnixMillis stored, UnixMillis cut) { return stored - cut > kClockTolerance; }

bool CutPending(const Limits& limits, UnixMillis now, Method& method) {
  const UnixMillis stored = method.expire_time();
  method.set_expire_time(std::min(stored, now + limits.pending_ttl_ms));
  return WentBack(stored, method.expire_time());
}

bool CutPastRequest(UnixMillis now, PastRequest& request) {
  const UnixMillis stored = request.time();
  request.set_time(std::min(stored, now));
  return WentBack(stored, request.time());
}

bool CutPrompt(UnixMillis now, internal::v1::Prompt& prompt) {
  const UnixMillis stored = prompt.expire_time();
  prompt.set_expire_time(std::min(stored, now + kMaxPromptLifetime));
  prompt.set_code_expire_time(std::min(prompt.code_expire_time(), now + kPromptCodeLifetime));
  return WentBack(stored, prompt.expire_time());
}

bool CutGrant(UnixMillis now, internal::v1::Grant& grant) {
  const UnixMillis stored = grant.expire_time();
  grant.set_expire_time(std::min(stored, now + kMaxGrantLifetime));
  return WentBack(stored, grant.expire_time());
}

bool CutBudget(const Limits& limits, UnixMillis now, FailureBudget& budget) {
  const FailureBudget stored = budget;
  CutToMaximum(limits, now, budget);
  return WentBack(stored.locked_until(), budget.locked_until()) ||
         WentBack(stored.long_term_full_time(), budget.long_term_full_time());
}

// Whether callers can be shown the time. A google.protobuf.Timestamp holds the years 1 to 9999.
bool FitsTimestamp(UnixMillis time) {
  constexpr int64_t kFirst = TimeUtil::kTimestampMinSeconds * kMillisPerSecond;
  constexpr int64_t kLast = TimeUtil::kTimestampMaxSeconds * kMillisPerSecond;
  return time >= kFirst && time <= kLast;
}

bool HasTimestamps(const Method& method) {
  return FitsTimestamp(method.create_time()) && FitsTimestamp(method.confirm_time()) &&
         FitsTimestamp(method.last_used_time());
}

bool GrantHasTimestamps(const internal::v1::Grant& grant) {
  return FitsTimestamp(grant.create_time()) && FitsTimestamp(grant.expire_time()) &&
         FitsTimestamp(grant.last_used_time());
}

bool IsPending(const Method& method) { return method.state() == v1::METHOD_STATE_PENDING; }

}  // namespace

absl::StatusOr<SubjectRecord> ParseRecord(const std::string& bytes) {
  SubjectRecord record;
  if (!record.ParseFromString(bytes) || record.schema() < 1) return RecordCorruptError();
  if (record.schema() > kRecordSchema) return ServerUnfitError("the record was written by a newer release");
  if (!std::all_of(record.methods().begin(), record.methods().end(), HasTimestamps) ||
      !std::all_of(record.grants().begin(), record.grants().end(), GrantHasTimestamps)) {
    return RecordCorruptError();
  }
  return record;
}

std::string SerializeRecord(const SubjectRecord& record) {
  if (record.schema() == kRecordSchema) return record.SerializeAsString();
  SubjectRecord current = record;
  current.set_schema(kRecordSchema);
  return current.SerializeAsString();
}

bool Refresh(const Limits& limits, UnixMillis now, SubjectRecord& record) {
  bool went_back = false;
  auto& methods = *record.mutable_methods();
  for (Method& method : methods) {
    if (IsPending(method)) went_back |= CutPending(limits, now, method);
  }
  methods.erase(std::remove_if(
                    methods.begin(), methods.end(),
                    [now](const Method& method) { return IsPending(method) && method.expire_time() <= now; }),
                methods.end());
  auto& past = *record.mutable_past_requests();
  for (PastRequest& request : past) went_back |= CutPastRequest(now, request);
  past.erase(std::remove_if(past.begin(), past.end(),
                            [&](const PastRequest& request) {
                              return request.time() + limits.request_id_ttl_ms <= now;
                            }),
             past.end());
  auto& prompts = *record.mutable_prompts();
  for (internal::v1::Prompt& prompt : prompts) went_back |= CutPrompt(now, prompt);
  prompts.erase(
      std::remove_if(prompts.begin(), prompts.end(),
                     [now](const internal::v1::Prompt& prompt) { return prompt.expire_time() <= now; }),
      prompts.end());
  auto& grants = *record.mutable_grants();
  for (internal::v1::Grant& grant : grants) went_back |= CutGrant(now, grant);
  grants.erase(std::remove_if(grants.begin(), grants.end(),
                              [now](const internal::v1::Grant& grant) { return grant.expire_time() <= now; }),
               grants.end());
  if (record.has_budget()) went_back |= CutBudget(limits, now, *record.mutable_budget());
  return went_back;
}

bool HoldsNothing(const SubjectRecord& record, UnixMillis now) {
  return record.methods().empty() && record.past_requests().empty() && record.prompts().empty() &&
         Untouched(record.budget(), now);
}

const Method* FindMethod(const SubjectRecord& record, absl::string_view method_id) {
  for (const Method& method : record.methods()) {
    if (method.method_id() == method_id) return &method;
  }
  return nullptr;
}

Method* FindMethod(SubjectRecord& record, absl::string_view method_id) {
  return const_cast<Method*>(FindMethod(static_cast<const SubjectRecord&>(record), method_id));
}

std::vector<const Method*> MethodsInOrder(const SubjectRecord& record) {
  std::vector<const Method*> methods;
  for (const Method& method : record.methods()) methods.push_back(&method);
  const auto rank = [](const Method* method) {
    return std::make_tuple(!IsDevice(*method), method->state() != v1::METHOD_STATE_ACTIVE,
                           method->state() == v1::METHOD_STATE_PENDING, !method->preferred(),
                           -method->last_used_time());
  };
  std::stable_sort(methods.begin(), methods.end(),
                   [&rank](const Method* a, const Method* b) { return rank(a) < rank(b); });
  return methods;
}

const Method* FindBackupCodes(const SubjectRecord& record) { return FindMethod(record, kBackupMethodId); }

void RemoveUnprovenPending(SubjectRecord& record) {
  auto& methods = *record.mutable_methods();
  methods.erase(std::remove_if(methods.begin(), methods.end(),
                               [](const Method& method) { return IsPending(method) && !method.proven(); }),
                methods.end());
}

void RemoveMethod(SubjectRecord& record, absl::string_view method_id) {
  auto& methods = *record.mutable_methods();
  methods.erase(std::remove_if(methods.begin(), methods.end(),
                               [&](const Method& method) { return method.method_id() == method_id; }),
                methods.end());
}

bool IsDevice(const Method& method) { return method.method_id() != kBackupMethodId; }

bool IsConfirmed(const Method& method) {
  return IsDevice(method) &&
         (method.state() == v1::METHOD_STATE_ACTIVE || method.state() == v1::METHOD_STATE_DISABLED);
}

bool HasConfirmedDevice(const SubjectRecord& record) {
  return std::any_of(record.methods().begin(), record.methods().end(), IsConfirmed);
}

int CountDevices(const SubjectRecord& record) {
  return static_cast<int>(std::count_if(record.methods().begin(), record.methods().end(), IsDevice));
}

int CountDevices(const SubjectRecord& record, v1::MethodState state) {
  return static_cast<int>(
      std::count_if(record.methods().begin(), record.methods().end(),
                    [state](const Method& method) { return IsDevice(method) && method.state() == state; }));
}

bool IsRestricted(const Authenticators& authenticators, const Method& method) {
  const Authenticator* const authenticator = authenticators.Find(method.type());
  return authenticator != nullptr && authenticator->restricted();
}

int CountUnrestricted(const Authenticators& authenticators, const SubjectRecord& record,
                      v1::MethodState state) {
  const auto counts = [&](const Method& method) {
    return IsDevice(method) && method.state() == state && !IsRestricted(authenticators, method);
  };
  return static_cast<int>(std::count_if(record.methods().begin(), record.methods().end(), counts));
}

v1::Method ShowMethod(const Authenticators& authenticators, const Method& method) {
  v1::Method shown;
  shown.set_method_id(method.method_id());
  shown.set_type(method.type());
  shown.set_state(method.state());
  shown.set_description(method.description());
  shown.set_preferred(method.preferred());
  *shown.mutable_create_time() = TimeUtil::MillisecondsToTimestamp(method.create_time());
  if (method.confirm_time() != 0) {
    *shown.mutable_confirm_time() = TimeUtil::MillisecondsToTimestamp(method.confirm_time());
  }
  if (method.last_used_time() != 0) {
    *shown.mutable_last_used_time() = TimeUtil::MillisecondsToTimestamp(method.last_used_time());
  }
  const Authenticator* const authenticator = authenticators.Find(method.type());
  if (authenticator == nullptr) return shown;
  shown.set_restricted(authenticator->restricted());
  authenticator->Describe(method, shown);
  return shown;
}

v1::Method ShowMethod(const Authenticators& authenticators, const SubjectRecord& record,
                      const std::string& method_id) {
  if (const Method* method = FindMethod(record, method_id)) return ShowMethod(authenticators, *method);
  v1::Method gone;
  gone.set_method_id(method_id);
  return gone;
}

}  // namespace twofold
