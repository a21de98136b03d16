#include <algorithm>
#include <tuple>

#include "google/protobuf/util/time_util.h"
#include "server/engine/budget.h"
#include "server/engine/decide.h"
#include "server/engine/errors.h"
#include "server/engine/past_requests.h"
#include "server/engine/record.h"
#include "server/engine/spend.h"

namespace twofold {
namespace {

using internal::v1::Device;
using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

bool Names(const v1::UpdateMethodRequest& request, absl::string_view field) {
  const auto& paths = request.update_mask().paths();
  return std::find(paths.begin(), paths.end(), field) != paths.end();
}

bool IsLastActive(const SubjectRecord& record, const Device& device) {
  return device.state() == v1::METHOD_STATE_ACTIVE && CountDevices(record, v1::METHOD_STATE_ACTIVE) == 1;
}

// What stands against the change, proof aside.
absl::Status MayUpdate(const SubjectRecord& record, const Device& device,
                       const v1::UpdateMethodRequest& request) {
  if (!Names(request, "enabled")) return absl::OkStatus();
  if (!IsConfirmed(device)) return MethodStateError("a pending method can be neither enabled nor disabled");
  if (!request.enabled() && IsLastActive(record, device)) return LastMethodError();
  return absl::OkStatus();
}

void ApplyUpdate(const v1::UpdateMethodRequest& request, SubjectRecord& record, Device& device) {
  if (Names(request, "description")) device.set_description(request.description());
  if (Names(request, "enabled")) {
    device.set_state(request.enabled() ? v1::METHOD_STATE_ACTIVE : v1::METHOD_STATE_DISABLED);
  }
  if (!Names(request, "preferred")) return;
  if (request.preferred()) {
    for (Device& other : *record.mutable_devices()) other.set_preferred(false);
  }
  device.set_preferred(request.preferred());
}

}  // namespace

absl::StatusOr<v1::UpdateMethodResponse> DecideUpdate(const RuleContext& context,
                                                      const v1::UpdateMethodRequest& request,
                                                      const std::optional<TypedCode>& proof,
                                                      const Evidence& evidence, Draft& draft) {
  v1::UpdateMethodResponse response;
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    if (const absl::Status status = RepeatedStatus(**past); !status.ok()) return status;
    *response.mutable_method() = ShowMethod(context.kinds, draft.record, request.method_id());
    return response;
  }
  Device* device = FindDevice(draft.record, request.method_id());
  if (device == nullptr) return MethodNotFoundError();
  const absl::Status may = MayUpdate(draft.record, *device, request);
  if (!may.ok()) return may;
  if (Names(request, "enabled")) {
    const absl::Status proven = SpendProof(context, proof, evidence, draft);
    if (!proven.ok()) return proven;
    if (draft.need.kind != Need::Kind::kNothing) return response;
  }
  ApplyUpdate(request, draft.record, *device);
  draft.changed = true;
  draft.method_id = request.method_id();
  RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record);
  *response.mutable_method() = ShowDevice(context.kinds, *device);
  return response;
}

absl::StatusOr<v1::DeleteMethodResponse> DecideDelete(const RuleContext& context,
                                                      const v1::DeleteMethodRequest& request,
                                                      const std::optional<TypedCode>& proof,
                                                      const Evidence& evidence, Draft& draft) {
  v1::DeleteMethodResponse response;
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    if (const absl::Status status = RepeatedStatus(**past); !status.ok()) return status;
    response.set_deleted_backup_codes((*past)->count());
    response.set_second_factor_required((*past)->second_count() != 0);
    return response;
  }
  const Device* device = FindDevice(draft.record, request.method_id());
  if (device == nullptr) return MethodNotFoundError();
  if (IsLastActive(draft.record, *device) && CountDevices(draft.record, v1::METHOD_STATE_DISABLED) > 0) {
    return LastMethodError();
  }
  if (HasConfirmedDevice(draft.record)) {
    const absl::Status proven = SpendProof(context, proof, evidence, draft);
    if (!proven.ok()) return proven;
    if (draft.need.kind != Need::Kind::kNothing) return response;
  }
  auto& devices = *draft.record.mutable_devices();
  devices.erase(std::remove_if(devices.begin(), devices.end(),
                               [&](const Device& other) { return other.method_id() == request.method_id(); }),
                devices.end());
  // Backup codes stand in for a device; without one they would be a factor of their own.
  response.set_second_factor_required(HasConfirmedDevice(draft.record));
  if (!response.second_factor_required()) {
    response.set_deleted_backup_codes(RemainingBackupCodes(draft.record.backup_codes()));
    draft.record.clear_backup_codes();
  }
  draft.changed = true;
  if (PastRequest* remembered = RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record)) {
    remembered->set_count(response.deleted_backup_codes());
    remembered->set_second_count(response.second_factor_required() ? 1 : 0);
  }
  draft.method_id = request.method_id();
  return response;
}

v1::ListMethodsResponse DecideList(const RuleContext& context, const Draft& draft) {
  const SubjectRecord& record = draft.record;
  v1::ListMethodsResponse response;
  response.set_has_record(draft.version != kAbsent);
  std::vector<const Device*> devices;
  for (const Device& device : record.devices()) devices.push_back(&device);
  // The default comes first: the preferred one, else the one that logged in last, else the oldest.
  std::stable_sort(devices.begin(), devices.end(), [](const Device* a, const Device* b) {
    const auto rank = [](const Device* device) {
      return std::make_tuple(device->state() != v1::METHOD_STATE_ACTIVE,
                             device->state() == v1::METHOD_STATE_PENDING, !device->preferred(),
                             -device->last_used_time());
    };
    return rank(a) < rank(b);
  });
  for (const Device* device : devices) *response.add_methods() = ShowDevice(context.kinds, *device);
  if (record.has_backup_codes()) *response.add_methods() = ShowBackupCodes(record.backup_codes());
  response.set_second_factor_required(HasConfirmedDevice(record));
  const LockState lock = LockStateOf(context.limits, record.budget(), context.now);
  response.set_permanently_locked(lock.permanent);
  if (lock.locked && !lock.permanent) {
    *response.mutable_locked_until() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(lock.until);
  }
  return response;
}

}  // namespace twofold
