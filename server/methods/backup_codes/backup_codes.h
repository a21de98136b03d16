#ifndef TWOFOLD_SERVER_METHODS_BACKUP_CODES_BACKUP_CODES_H_
#define TWOFOLD_SERVER_METHODS_BACKUP_CODES_BACKUP_CODES_H_

#include <memory>

#include "server/methods/authenticator.h"
#include "server/methods/backup_codes/code_format.h"

// Backup codes are look-up secrets (NIST SP 800-63B-4 section 3.1.2). Each code is kept as a salted hash, and
// the set of hashes is sealed under the key ring. One hash checks a code, because the code names its slot.

namespace twofold {

// PBKDF2 iterations for new sets. The cost may be modest, because a code has 75 random bits
// (NIST SP 800-63B-4 section 3.1.2, arithmetic in docs/adr/0013).
inline constexpr int kBackupHashIterations = 100;

// A set is not enrolled by request: it comes with the first confirmed method, and by RotateBackupCodes.
std::unique_ptr<const Authenticator> NewBackupCodesAuthenticator();

// `count` new codes, 1 <= count <= kMaxBackupCodes. Every call for one request gives the same codes.
OrWork<internal::v1::NewBackupCodes> MakeBackupCodes(const MethodContext& context, int count);

// The method that keeps `hashes`, with every code unused.
internal::v1::Method NewBackupCodeSet(const MethodContext& context,
                                      const internal::v1::BackupCodeHashes& hashes);

// How many codes of a set are unused. 0 for null, which stands for no set.
int RemainingBackupCodes(const internal::v1::Method* set);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_BACKUP_CODES_BACKUP_CODES_H_
