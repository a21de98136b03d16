#ifndef TWOFOLD_SERVER_RULES_RECORD_H_
#define TWOFOLD_SERVER_RULES_RECORD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/methods/authenticator.h"
#include "server/rules/limits.h"
#include "twofold/internal/v1/record.pb.h"
#include "twofold/v1/method.pb.h"

// Reading, writing, searching and showing the stored record. Pure functions.

namespace twofold {

inline constexpr int kRecordSchema = 1;

// Of prompts: the longest life of one, and of the code with which the browser goes back.
inline constexpr int64_t kMaxPromptLifetime = int64_t{30} * 60 * kMillisPerSecond;
inline constexpr int64_t kPromptCodeLifetime = 60 * kMillisPerSecond;

// The longest life of a grant.
inline constexpr int64_t kMaxGrantLifetime = int64_t{30} * 24 * 3600 * kMillisPerSecond;

// RECORD_CORRUPT when the bytes are no record, or when a time in it is beyond what callers can be
// shown. SERVER_UNFIT when a newer release wrote them.
absl::StatusOr<internal::v1::SubjectRecord> ParseRecord(const std::string& bytes);
// As this release writes it.
std::string SerializeRecord(const internal::v1::SubjectRecord& record);

// Drops what has expired by `now`, and cuts whatever would last longer than its maximum (after a clock went
// ahead and back). True when more was cut than servers' clocks may differ by: then the cut is to be written,
// else its maximum would begin anew at every reading.
bool Refresh(const Limits& limits, UnixMillis now, internal::v1::SubjectRecord& record);

// Nothing is lost by deleting such a record.
bool HoldsNothing(const internal::v1::SubjectRecord& record, UnixMillis now);

// Null when there is none with this id.
internal::v1::Method* FindMethod(internal::v1::SubjectRecord& record, absl::string_view method_id);
const internal::v1::Method* FindMethod(const internal::v1::SubjectRecord& record,
                                       absl::string_view method_id);

// All methods in the order in which a user is offered them. The default comes first: the preferred
// one, else the one that logged in last, else the oldest. Backup codes come last.
std::vector<const internal::v1::Method*> MethodsInOrder(const internal::v1::SubjectRecord& record);

// The set of backup codes. Null when the subject has none.
const internal::v1::Method* FindBackupCodes(const internal::v1::SubjectRecord& record);
// Whoever enrolled without proof before the owner's first device must not come in after it.
void RemoveUnprovenPending(internal::v1::SubjectRecord& record);
void RemoveMethod(internal::v1::SubjectRecord& record, absl::string_view method_id);

// Backup codes stand in for a device. Every other method is a device.
bool IsDevice(const internal::v1::Method& method);
// A device that is active or disabled: it was confirmed and not deleted.
bool IsConfirmed(const internal::v1::Method& method);
bool HasConfirmedDevice(const internal::v1::SubjectRecord& record);
int CountDevices(const internal::v1::SubjectRecord& record);
int CountDevices(const internal::v1::SubjectRecord& record, v1::MethodState state);

// Whether the method is of a weaker type (Authenticator::restricted).
bool IsRestricted(const Authenticators& authenticators, const internal::v1::Method& method);
// Counts devices in `state` that are not restricted.
int CountUnrestricted(const Authenticators& authenticators, const internal::v1::SubjectRecord& record,
                      v1::MethodState state);

// What callers see of a method.
v1::Method ShowMethod(const Authenticators& authenticators, const internal::v1::Method& method);
// The same for the method with this id. One that is gone meanwhile is shown by its id alone.
v1::Method ShowMethod(const Authenticators& authenticators, const internal::v1::SubjectRecord& record,
                      const std::string& method_id);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_RECORD_H_
