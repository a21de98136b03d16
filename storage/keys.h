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
// For answers of a subject's security keys, from anywhere and from one network.
std::string SecurityKeyBucket(absl::string_view subject_key);
std::string SecurityKeyBucket(absl::string_view subject_key, absl::string_view network);
// For grants that are presented for a subject, from anywhere and from one network.
std::string GrantBucket(absl::string_view subject_key);
std::string GrantBucket(absl::string_view subject_key, absl::string_view network);
// For challenges of a subject.
std::string ChallengeBucket(absl::string_view subject_key);
// For codes that are sent to a subject: one limit for each of three periods.
enum class SendPeriod { kPause, kHour, kDay };
std::string SubjectSendsBucket(absl::string_view subject_key, SendPeriod period);
// For codes that are sent to a destination, of which `digest` is a keyed digest in text.
std::string DestinationSendsBucket(absl::string_view digest);
// For codes that are sent on the word of a network, to a dial prefix, and to all destinations of a
// type such as "sms".
std::string NetworkSendsBucket(absl::string_view network);
std::string PrefixSendsBucket(absl::string_view dial_prefix);
std::string AllSendsBucket(absl::string_view type);
// For all codes from a network, and for all calls from a network that can write without a code.
std::string NetworkCodesBucket(absl::string_view network);
std::string NetworkWritesBucket(absl::string_view network);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_KEYS_H_
