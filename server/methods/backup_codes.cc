#include "server/methods/backup_codes.h"

#include <bit>

#include "absl/strings/str_cat.h"
#include "crypto/associated_data.h"
#include "crypto/constant_time.h"
#include "crypto/password_hash.h"
#include "crypto/system_random.h"

namespace twofold {
namespace {

using internal::v1::BackupCodeHashes;
using internal::v1::BackupCodes;

constexpr size_t kHashSize = 16;
constexpr size_t kSaltSize = 16;

std::string NewCode(Random& random, int slot) {
  // 256 is a multiple of 32, so that the low five bits of a byte are uniform.
  std::string code = RandomBytes(random, kBackupCodeSymbols);
  for (char& symbol : code)
    symbol = kBackupCodeAlphabet[static_cast<uint8_t>(symbol) % kBackupCodeAlphabet.size()];
  code[0] = kBackupCodeAlphabet[static_cast<size_t>(slot)];
  return code;
}

std::string Dashed(absl::string_view code) {
  std::string out;
  for (size_t at = 0; at < code.size(); at += kBackupCodeGroup) {
    absl::StrAppend(&out, at == 0 ? "" : "-", code.substr(at, kBackupCodeGroup));
  }
  return out;
}

std::string Hash(absl::string_view code, absl::string_view salt, int iterations) {
  return Pbkdf2Sha256(code, salt, iterations, kHashSize);
}

std::string Context(const Subject& subject) {
  return LengthPrefixed({subject.tenant, subject.user, kBackupMethodId, "backup_codes"});
}

}  // namespace

NewBackupCodes GenerateBackupCodes(Random& random, int count, int iterations) {
  NewBackupCodes made;
  made.hashes.set_algorithm(BackupCodeHashes::ALGORITHM_PBKDF2_SHA256);
  made.hashes.set_iterations(iterations);
  made.hashes.set_salt(RandomBytes(random, kSaltSize));
  for (int slot = 0; slot < count; ++slot) {
    const std::string code = NewCode(random, slot);
    made.hashes.mutable_hashes()->append(Hash(code, made.hashes.salt(), iterations));
    made.codes.push_back(Dashed(code));
  }
  return made;
}

int BackupCodeSlot(absl::string_view code) { return static_cast<int>(kBackupCodeAlphabet.find(code[0])); }

TypedHash::TypedHash(absl::string_view code, std::string salt_in, int iterations_in)
    : salt(std::move(salt_in)), iterations(iterations_in), hash(Hash(code, salt, iterations)) {}

void ResealBackupCodes(const KeyRing& ring, Random& random, const Subject& subject,
                       const BackupCodeHashes& hashes, BackupCodes& codes) {
  codes.set_sealed_hashes(ring.Seal(Purpose::kBackup, hashes.SerializeAsString(), Context(subject), random));
}

BackupCodes SealBackupCodes(const KeyRing& ring, Random& random, const Subject& subject,
                            const BackupCodeHashes& hashes, int64_t now) {
  BackupCodes codes;
  const int total = static_cast<int>(hashes.hashes().size() / kHashSize);
  ResealBackupCodes(ring, random, subject, hashes, codes);
  codes.set_unused((uint32_t{1} << total) - 1);
  codes.set_total(total);
  codes.set_create_time(now);
  return codes;
}

absl::StatusOr<BackupCodeHashes> OpenBackupCodes(const KeyRing& ring, const Subject& subject,
                                                 const BackupCodes& codes) {
  absl::StatusOr<SecretBytes> opened = ring.Open(Purpose::kBackup, codes.sealed_hashes(), Context(subject));
  if (!opened.ok()) return opened.status();
  BackupCodeHashes hashes;
  if (!hashes.ParseFromArray(opened->bytes().data(), static_cast<int>(opened->size())) ||
      hashes.algorithm() != BackupCodeHashes::ALGORITHM_PBKDF2_SHA256 || hashes.iterations() <= 0) {
    return absl::DataLossError("the sealed backup codes cannot be read");
  }
  return hashes;
}

BackupCodeState StateOfTyped(const BackupCodes& codes, const BackupCodeHashes& hashes, int slot,
                             const TypedHash& typed) {
  const size_t at = static_cast<size_t>(slot) * kHashSize;
  const bool exists = at + kHashSize <= hashes.hashes().size();
  // A slot beyond the set is compared as well, with the first one.
  const absl::string_view stored = absl::string_view(hashes.hashes()).substr(exists ? at : 0, kHashSize);
  const bool equal = ConstantTimeEquals(stored, typed.hash);
  const bool unused = (codes.unused() >> slot & 1U) != 0;
  if (!exists || !equal) return BackupCodeState::kWrong;
  return unused ? BackupCodeState::kUnused : BackupCodeState::kSpent;
}

void SpendBackupCode(int slot, int64_t now, BackupCodes& codes) {
  codes.set_unused(codes.unused() & ~(uint32_t{1} << slot));
  codes.set_last_used_time(now);
}

int RemainingBackupCodes(const BackupCodes& codes) { return std::popcount(codes.unused()); }

}  // namespace twofold
