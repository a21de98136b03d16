#ifndef TWOFOLD_STORAGE_KEYS_H_
#define TWOFOLD_STORAGE_KEYS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// The one place where names of stored things are built. All functions are injective, and no result of one is
// a result of another, whatever bytes the arguments hold, as long as neither tenant nor user contains 0x00
// and the user is not empty.

namespace twofold {

// The record of a subject: tenant, 0x00, user.
std::string SubjectKey(absl::string_view tenant, absl::string_view user);

// The record that identifies the store. No subject has this key.
std::string StoreMarkerKey();

// The name of a record in stores with one flat name space: "tf1:{BASE64URL(key)}". The braces keep what
// belongs to a subject in one slot of a Redis Cluster.
std::string FlatName(absl::string_view key);
// The key whose FlatName is `name`; nullopt when there is none.
std::optional<std::string> KeyOfFlatName(absl::string_view name);

// Limiter buckets. `subject_key` is a SubjectKey. `network` is an end user's address or network in its one
// spelling, as the engine counts it; it is not empty.
//
// For device codes of a subject.
std::string LoginBucket(absl::string_view subject_key);
// For two consecutive codes of a subject's device, from anywhere and from one network.
std::string ResyncBucket(absl::string_view subject_key);
std::string ResyncBucket(absl::string_view subject_key, absl::string_view network);
// For backup codes of a subject, from anywhere and from one network.
std::string BackupBucket(absl::string_view subject_key);
std::string BackupBucket(absl::string_view subject_key, absl::string_view network);
// For calls about a subject that can write without a code.
std::string WriteBucket(absl::string_view subject_key);
// For all codes from a network, and for all calls from there that can write without one.
std::string NetworkCodesBucket(absl::string_view network);
std::string NetworkWritesBucket(absl::string_view network);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_KEYS_H_
