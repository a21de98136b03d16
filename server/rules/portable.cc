#include "server/rules/portable.h"

#include <utility>

#include "common/status_macros.h"
#include "crypto/random_id.h"
#include "google/protobuf/util/time_util.h"
#include "server/errors.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::Method;
using internal::v1::SubjectRecord;

// The end of what a Timestamp may hold, the year 10000, in Unix seconds.
constexpr int64_t kEndOfTime = 253'402'300'800;

// A time of the other system in Unix milliseconds. `missing` stands for a time that it did not give.
absl::StatusOr<UnixMillis> ReadTime(absl::string_view field, bool given,
                                    const google::protobuf::Timestamp& time, UnixMillis missing) {
  if (!given) return missing;
  if (time.seconds() < 0 || time.seconds() >= kEndOfTime || time.nanos() < 0 || time.nanos() > 999'999'999) {
    return InvalidRequestError(field, "is out of its bounds");
  }
  return TimeUtil::TimestampToMilliseconds(time);
}

absl::Status ReadTimes(const v1::PortableMethod& portable, UnixMillis now, Method& method) {
  TWOFOLD_ASSIGN_OR_RETURN(const UnixMillis created,
                           ReadTime("create_time", portable.has_create_time(), portable.create_time(), now));
  TWOFOLD_ASSIGN_OR_RETURN(const UnixMillis confirmed, ReadTime("confirm_time", portable.has_confirm_time(),
                                                                portable.confirm_time(), now));
  TWOFOLD_ASSIGN_OR_RETURN(
      const UnixMillis last_used,
      ReadTime("last_used_time", portable.has_last_used_time(), portable.last_used_time(), 0));
  method.set_create_time(created);
  method.set_confirm_time(confirmed);
  method.set_last_used_time(last_used);
  return absl::OkStatus();
}

const Authenticator* FindPortable(const Authenticators& authenticators, const v1::PortableMethod& portable) {
  for (const auto& authenticator : authenticators.all()) {
    if (authenticator->IsPortable(portable)) return authenticator.get();
  }
  return nullptr;
}

// The method as it is to be stored, as long as nothing is known of the subject.
absl::StatusOr<Method> NewMethod(const PlanContext& plan, const Subject& subject,
                                 const v1::PortableMethod& portable) {
  TWOFOLD_RETURN_IF_ERROR(CheckDescription(portable.description()));
  const v1::MethodState state =
      portable.state() == v1::METHOD_STATE_UNSPECIFIED ? v1::METHOD_STATE_ACTIVE : portable.state();
  if (state != v1::METHOD_STATE_ACTIVE && state != v1::METHOD_STATE_DISABLED) {
    return InvalidRequestError("state", "must be METHOD_STATE_ACTIVE or METHOD_STATE_DISABLED");
  }
  const Authenticator* const authenticator = FindPortable(plan.authenticators, portable);
  if (authenticator == nullptr) return InvalidRequestError("content", "is missing");
  Method method;
  method.set_method_id(RandomId(plan.random));
  const WorkResults none;
  const MethodContext context{*plan.keys->ring, plan.random, subject, plan.now, none};
  TWOFOLD_RETURN_IF_ERROR(authenticator->Import(context, portable, method));
  method.set_description(portable.description());
  method.set_state(IsDevice(method) ? state : v1::METHOD_STATE_ACTIVE);
  method.set_preferred(portable.preferred() && IsDevice(method));
  TWOFOLD_RETURN_IF_ERROR(ReadTimes(portable, plan.now, method));
  return method;
}

// The method of the record that shares its secret with `method`. Null if there is none.
absl::StatusOr<const Method*> FindTwin(const RuleContext& context, const SubjectRecord& record,
                                       const Method& method) {
  const Authenticator& authenticator = *context.authenticators.Find(method.type());
  for (const Method& other : record.methods()) {
    TWOFOLD_ASSIGN_OR_RETURN(const bool shares, authenticator.SharesSecret(context, method, other));
    if (shares) return &other;
  }
  return nullptr;
}

bool IsSame(const RuleContext& context, const Method& method, const Method& twin) {
  if (method.type() != twin.type() || twin.state() == v1::METHOD_STATE_PENDING) return false;
  const Authenticator& authenticator = *context.authenticators.Find(method.type());
  return authenticator.FixedParameters(method) == authenticator.FixedParameters(twin);
}

absl::Status CheckMayAdd(const RuleContext& context, const SubjectRecord& record, const Method& method) {
  const bool needs_stronger = !context.limits.restricted_alone &&
                              IsRestricted(context.authenticators, method) &&
                              CountUnrestricted(context.authenticators, record, v1::METHOD_STATE_ACTIVE) == 0;
  if (needs_stronger) return NoDeviceError();
  if (IsDevice(method)) {
    return CountDevices(record) < context.limits.max_devices
               ? absl::OkStatus()
               : TooManyMethodsError(context.limits.max_devices);
  }
  if (!HasConfirmedDevice(record)) return NoDeviceError();
  return FindBackupCodes(record) == nullptr ? absl::OkStatus()
                                            : MethodStateError("the subject has other backup codes");
}

void PreferOne(SubjectRecord& record, Method& method) {
  for (const Method& other : record.methods()) {
    if (other.preferred()) method.set_preferred(false);
  }
}

absl::Status Import(const RuleContext& context, Method method, bool dry_run, Draft& draft,
                    v1::ImportResult& result) {
  TWOFOLD_ASSIGN_OR_RETURN(const Method* twin, FindTwin(context, draft.record, method));
  if (twin != nullptr) {
    if (!IsSame(context, method, *twin)) return DuplicateSecretError();
    draft.method_id = twin->method_id();
    result.set_method_id(twin->method_id());
    result.set_outcome(v1::IMPORT_OUTCOME_UNCHANGED);
    return absl::OkStatus();
  }
  // A pending method of before the first device must not come in after it.
  if (IsDevice(method) && !HasConfirmedDevice(draft.record)) RemoveUnprovenPending(draft.record);
  TWOFOLD_RETURN_IF_ERROR(CheckMayAdd(context, draft.record, method));
  PreferOne(draft.record, method);
  result.set_outcome(v1::IMPORT_OUTCOME_IMPORTED);
  if (dry_run) {
    draft.changed = false;
    return absl::OkStatus();
  }
  draft.method_id = method.method_id();
  result.set_method_id(method.method_id());
  *draft.record.add_methods() = std::move(method);
  draft.changed = true;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Operation> PlanImport(const PlanContext& plan, const v1::PortableMethod& portable,
                                     bool dry_run, v1::ImportResult& result) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation,
                           NewOperation(plan, portable, portable.tenant(), portable.user_id(), "", result));
  TWOFOLD_ASSIGN_OR_RETURN(Method method, NewMethod(plan, operation.subject, portable));
  operation.decide = [&result, dry_run, method = std::move(method)](const RuleContext& context,
                                                                    Draft& draft) -> OrWork<absl::Status> {
    const Authenticator& authenticator = *context.authenticators.Find(method.type());
    TWOFOLD_RETURN_UNLESS_OK(authenticator.CheckImported(context, method));
    return Import(context, method, dry_run, draft, result);
  };
  return operation;
}

absl::StatusOr<v1::PortableMethod> ExportMethod(const MethodContext& context,
                                                const Authenticators& authenticators, const Method& method) {
  const Authenticator* const authenticator = authenticators.Find(method.type());
  if (authenticator == nullptr) return RecordCorruptError();
  v1::PortableMethod portable;
  TWOFOLD_RETURN_IF_ERROR(authenticator->Export(context, method, portable));
  portable.set_tenant(context.subject.tenant);
  portable.set_user_id(context.subject.user);
  portable.set_description(method.description());
  if (method.state() == v1::METHOD_STATE_DISABLED) portable.set_state(method.state());
  portable.set_preferred(method.preferred());
  *portable.mutable_create_time() = TimeUtil::MillisecondsToTimestamp(method.create_time());
  *portable.mutable_confirm_time() = TimeUtil::MillisecondsToTimestamp(method.confirm_time());
  if (method.last_used_time() != 0) {
    *portable.mutable_last_used_time() = TimeUtil::MillisecondsToTimestamp(method.last_used_time());
  }
  return portable;
}

}  // namespace twofold
