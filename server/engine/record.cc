#include "server/engine/record.h"

#include <algorithm>

#include "google/protobuf/util/time_util.h"
#include "server/engine/budget.h"
#include "server/engine/errors.h"
#include "server/methods/backup_codes.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::Device;
using internal::v1::FailureBudget;
using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

// Servers whose clocks differ by more do not serve.
constexpr int64_t kClockTolerance = 5 * kMillisPerSecond;

bool WentBack(UnixMillis stored, UnixMillis cut) { return stored - cut > kClockTolerance; }

bool CutPending(const Limits& limits, UnixMillis now, Device& device) {
  const UnixMillis stored = device.expire_time();
  device.set_expire_time(std::min(stored, now + limits.pending_ttl_ms));
  return WentBack(stored, device.expire_time());
}

bool CutPastRequest(UnixMillis now, PastRequest& request) {
  const UnixMillis stored = request.time();
  request.set_time(std::min(stored, now));
  return WentBack(stored, request.time());
}

bool CutBudget(const Limits& limits, UnixMillis now, FailureBudget& budget) {
  const FailureBudget stored = budget;
  CutToMaximum(limits, now, budget);
  return WentBack(stored.locked_until(), budget.locked_until()) ||
         WentBack(stored.long_term_full_time(), budget.long_term_full_time());
}

void SetTimes(UnixMillis created, UnixMillis confirmed, UnixMillis last_used, v1::Method& method) {
  *method.mutable_create_time() = TimeUtil::MillisecondsToTimestamp(created);
  if (confirmed != 0) *method.mutable_confirm_time() = TimeUtil::MillisecondsToTimestamp(confirmed);
  if (last_used != 0) *method.mutable_last_used_time() = TimeUtil::MillisecondsToTimestamp(last_used);
}

}  // namespace

absl::StatusOr<SubjectRecord> ParseRecord(const std::string& bytes) {
  SubjectRecord record;
  if (!record.ParseFromString(bytes) || record.schema() < 1) return RecordCorruptError();
  if (record.schema() > kRecordSchema) return ServerUnfitError("the record was written by a newer release");
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
  auto& devices = *record.mutable_devices();
  for (Device& device : devices) {
    if (device.state() == v1::METHOD_STATE_PENDING) went_back |= CutPending(limits, now, device);
  }
  devices.erase(std::remove_if(devices.begin(), devices.end(),
                               [now](const Device& device) {
                                 return device.state() == v1::METHOD_STATE_PENDING &&
                                        device.expire_time() <= now;
                               }),
                devices.end());
  auto& past = *record.mutable_past_requests();
  for (PastRequest& request : past) went_back |= CutPastRequest(now, request);
  past.erase(std::remove_if(past.begin(), past.end(),
                            [&](const PastRequest& request) {
                              return request.time() + limits.request_id_ttl_ms <= now;
                            }),
             past.end());
  if (record.has_budget()) went_back |= CutBudget(limits, now, *record.mutable_budget());
  return went_back;
}

bool HoldsNothing(const SubjectRecord& record, UnixMillis now) {
  return record.devices().empty() && !record.has_backup_codes() && record.past_requests().empty() &&
         Untouched(record.budget(), now);
}

const Device* FindDevice(const SubjectRecord& record, absl::string_view method_id) {
  for (const Device& device : record.devices()) {
    if (device.method_id() == method_id) return &device;
  }
  return nullptr;
}

Device* FindDevice(SubjectRecord& record, absl::string_view method_id) {
  return const_cast<Device*>(FindDevice(static_cast<const SubjectRecord&>(record), method_id));
}

bool IsConfirmed(const Device& device) {
  return device.state() == v1::METHOD_STATE_ACTIVE || device.state() == v1::METHOD_STATE_DISABLED;
}

bool HasConfirmedDevice(const SubjectRecord& record) {
  return std::any_of(record.devices().begin(), record.devices().end(), IsConfirmed);
}

int CountDevices(const SubjectRecord& record, v1::MethodState state) {
  return static_cast<int>(std::count_if(record.devices().begin(), record.devices().end(),
                                        [state](const Device& device) { return device.state() == state; }));
}

v1::Method ShowDevice(const DeviceKinds& kinds, const Device& device) {
  v1::Method method;
  method.set_method_id(device.method_id());
  method.set_type(device.type());
  method.set_state(device.state());
  method.set_description(device.description());
  method.set_preferred(device.preferred());
  SetTimes(device.create_time(), device.confirm_time(), device.last_used_time(), method);
  if (const DeviceKind* kind = kinds.Find(device.type())) kind->Describe(device, method);
  return method;
}

v1::Method ShowBackupCodes(const internal::v1::BackupCodes& codes) {
  v1::Method method;
  method.set_method_id(kBackupMethodId);
  method.set_type(v1::METHOD_TYPE_BACKUP_CODES);
  method.set_state(v1::METHOD_STATE_ACTIVE);
  SetTimes(codes.create_time(), codes.create_time(), codes.last_used_time(), method);
  method.mutable_backup_codes()->set_total(codes.total());
  method.mutable_backup_codes()->set_remaining(RemainingBackupCodes(codes));
  return method;
}

v1::Method ShowMethod(const DeviceKinds& kinds, const SubjectRecord& record, const std::string& method_id) {
  if (method_id == kBackupMethodId && record.has_backup_codes())
    return ShowBackupCodes(record.backup_codes());
  if (const Device* device = FindDevice(record, method_id)) return ShowDevice(kinds, *device);
  v1::Method gone;
  gone.set_method_id(method_id);
  return gone;
}

}  // namespace twofold
