#ifndef TWOFOLD_SERVER_METHODS_BACKUP_CODES_CODE_FORMAT_H_
#define TWOFOLD_SERVER_METHODS_BACKUP_CODES_CODE_FORMAT_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace twofold {

// The method id of every set of backup codes. A subject has at most one set.
inline constexpr char kBackupMethodId[] = "backup";

// 32 symbols without 0, O, 1 and I. A code has four groups of four, written with dashes between them. The
// first symbol names the code's slot in its set, and the other fifteen carry 75 random bits.
inline constexpr absl::string_view kBackupCodeAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
inline constexpr size_t kBackupCodeSymbols = 16;
inline constexpr size_t kBackupCodeGroup = 4;

// How many codes a set may have.
inline constexpr int kMinBackupCodes = 5;
inline constexpr int kMaxBackupCodes = 20;

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_BACKUP_CODES_CODE_FORMAT_H_
