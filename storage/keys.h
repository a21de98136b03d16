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

// Limiter buckets. `subject_key` is a SubjectKey.
//
// For device codes of a subject.
std::string LoginBucket(absl::string_view subject_key);
// For backup codes and resynchronisation of a subject, from anywhere and from one address ("" = the caller
// passed none).
std::string RecoveryBucket(absl::string_view subject_key);
std::string RecoveryBucket(absl::string_view subject_key, absl::string_view address);
// For an end user's address, in its one spelling.
std::string AddressBucket(absl::string_view address);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_KEYS_H_
