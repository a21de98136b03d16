#ifndef TWOFOLD_STORAGE_KEYS_H_
#define TWOFOLD_STORAGE_KEYS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// The one place where names of stored things are built. All functions are injective, and no result
// of one is a result of another, whatever bytes the arguments hold, as long as neither tenant nor
// user contains 0x00 and the user is not empty.

namespace twofold {

// The record of a subject: tenant, 0x00, user.
std::string SubjectKey(absl::string_view tenant, absl::string_view user);

// The record that identifies the store. No subject has this key.
std::string StoreMarkerKey();

// The name of a record in stores with one flat name space: "tf1:{BASE64URL(key)}". The braces keep
// all names of a subject in one slot of a Redis Cluster.
std::string FlatName(absl::string_view key);
// The key whose FlatName is `name`; nullopt when there is none.
std::optional<std::string> KeyOfFlatName(absl::string_view name);

// The names of rate limit buckets. `subject_key` is a SubjectKey. `network` is the address or
// network of an end user in its canonical spelling, and is not empty.
//
// For OTPs of a subject.
std::string LoginBucket(absl::string_view subject_key);
// For resynchronisations of a subject, from anywhere and from one network.
std::string ResyncBucket(absl::string_view subject_key);
std::string ResyncBucket(absl::string_view subject_key, absl::string_view network);
// For backup codes of a subject, from anywhere and from one network.
std::string BackupBucket(absl::string_view subject_key);
std::string BackupBucket(absl::string_view subject_key, absl::string_view network);
// For calls about a subject that can write without a code.
std::string WriteBucket(absl::string_view subject_key);
// For all codes from a network, and for all calls from a network that can write without a code.
std::string NetworkCodesBucket(absl::string_view network);
std::string NetworkWritesBucket(absl::string_view network);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_KEYS_H_
