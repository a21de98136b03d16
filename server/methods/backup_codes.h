#ifndef TWOFOLD_SERVER_METHODS_BACKUP_CODES_H_
#define TWOFOLD_SERVER_METHODS_BACKUP_CODES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random.h"
#include "crypto/key_ring.h"
#include "server/methods/subject.h"
#include "twofold/internal/v1/record.pb.h"

// Backup codes are look-up secrets (NIST SP 800-63B-4 §3.1.2): 16 symbols in groups of four, of which the
// first names the slot and the others carry 75 random bits. Each is kept as a salted hash, and the set of
// hashes is sealed under the key ring. One hash judges a code, since the slot says which one to compare with.

namespace twofold {

// The fixed method id of a subject's backup codes.
inline constexpr char kBackupMethodId[] = "backup";

// 32 symbols without 0, O, 1 and I.
inline constexpr absl::string_view kBackupCodeAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
inline constexpr size_t kBackupCodeSymbols = 16;
inline constexpr size_t kBackupCodeGroup = 4;
inline constexpr int kMinBackupCodes = 5;
inline constexpr int kMaxBackupCodes = 20;

struct NewBackupCodes {
  // As shown: groups with dashes.
  std::vector<std::string> codes;
  internal::v1::BackupCodeHashes hashes;
};

// Slow: `count` password hashes. 1 <= count <= kMaxBackupCodes.
NewBackupCodes GenerateBackupCodes(Random& random, int count, int iterations);

// The slot that a code (TypedCode::text) names; may be beyond the set.
int BackupCodeSlot(absl::string_view code);

// What a typed code hashes to under a set's salt. Slow: one password hash.
struct TypedHash {
  TypedHash(absl::string_view code, std::string salt_in, int iterations_in);

  std::string salt;
  int iterations;
  std::string hash;
};

// The record's form of a set: hashes sealed for `subject`, every slot unused.
internal::v1::BackupCodes SealBackupCodes(const KeyRing& ring, Random& random, const Subject& subject,
                                          const internal::v1::BackupCodeHashes& hashes, int64_t now);

// Seals the hashes again under the primary key; the rest stays.
void ResealBackupCodes(const KeyRing& ring, Random& random, const Subject& subject,
                       const internal::v1::BackupCodeHashes& hashes, internal::v1::BackupCodes& codes);

// FAILED_PRECONDITION: key not in the ring. DATA_LOSS: damaged.
absl::StatusOr<internal::v1::BackupCodeHashes> OpenBackupCodes(const KeyRing& ring, const Subject& subject,
                                                               const internal::v1::BackupCodes& codes);

enum class BackupCodeState { kWrong, kUnused, kSpent };

// What `typed` is to the code in `slot`, whose hash outlives its spending. Takes the same time for an unused,
// a spent, a wrong and a missing one.
BackupCodeState StateOfTyped(const internal::v1::BackupCodes& codes,
                             const internal::v1::BackupCodeHashes& hashes, int slot, const TypedHash& typed);

void SpendBackupCode(int slot, int64_t now, internal::v1::BackupCodes& codes);

int RemainingBackupCodes(const internal::v1::BackupCodes& codes);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_BACKUP_CODES_H_
