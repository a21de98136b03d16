#include "server/methods/backup_codes/backup_codes.h"

#include <bit>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/constant_time.h"
#include "crypto/password_hash.h"
#include "crypto/system_random.h"
#include "server/errors.h"
#include "server/methods/sealed.h"

namespace twofold {
namespace {

using internal::v1::BackupCodeHashes;
using internal::v1::Method;
using internal::v1::NewBackupCodes;

constexpr size_t kHashSize = 16;
constexpr size_t kSaltSize = 16;
constexpr int kDecoyCodes = 10;

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

// Slow: `count` password hashes.
std::string Generate(Random& random, int count) {
  NewBackupCodes made;
  BackupCodeHashes& hashes = *made.mutable_hashes();
  hashes.set_algorithm(BackupCodeHashes::ALGORITHM_PBKDF2_SHA256);
  hashes.set_iterations(kBackupHashIterations);
  hashes.set_salt(RandomBytes(random, kSaltSize));
  for (int slot = 0; slot < count; ++slot) {
    const std::string code = NewCode(random, slot);
    hashes.mutable_hashes()->append(Hash(code, hashes.salt(), kBackupHashIterations));
    made.add_codes(Dashed(code));
  }
  return made.SerializeAsString();
}

absl::StatusOr<BackupCodeHashes> ParseHashes(const SecretBytes& opened) {
  BackupCodeHashes hashes;
  if (!hashes.ParseFromArray(opened.bytes().data(), static_cast<int>(opened.size())) ||
      hashes.algorithm() != BackupCodeHashes::ALGORITHM_PBKDF2_SHA256 || hashes.iterations() <= 0) {
    return RecordCorruptError();
  }
  return hashes;
}

Work HashOf(const std::string& key, const std::string& symbols, const BackupCodeHashes& hashes) {
  return Work{Work::Pool::kHashes, key, [symbols, salt = hashes.salt(), iterations = hashes.iterations()] {
                return Hash(symbols, salt, iterations);
              }};
}

// Whether `hash` is that of the code in `slot`. It takes the same time for a slot beyond the set.
bool IsCodeOfSlot(const BackupCodeHashes& hashes, size_t slot, absl::string_view hash) {
  const size_t at = slot * kHashSize;
  const bool exists = at + kHashSize <= hashes.hashes().size();
  const absl::string_view stored = absl::string_view(hashes.hashes()).substr(exists ? at : 0, kHashSize);
  const bool equal = ConstantTimeEquals(stored, hash);
  return exists && equal;
}

absl::Status CheckPortable(const v1::PortableBackupCodes& codes) {
  // A hash of more iterations would let one guess occupy the pool of hashes.
  constexpr int kMaxIterations = 100'000;
  constexpr size_t kMaxSaltSize = 64;
  if (codes.iterations() < 1 || codes.iterations() > kMaxIterations) {
    return InvalidRequestError("backup_codes.iterations", absl::StrCat("must be 1 to ", kMaxIterations));
  }
  if (codes.salt().size() < kSaltSize || codes.salt().size() > kMaxSaltSize) {
    return InvalidRequestError("backup_codes.salt",
                               absl::StrCat("must hold ", kSaltSize, " to ", kMaxSaltSize, " bytes"));
  }
  if (codes.hashes_size() < kMinBackupCodes || codes.hashes_size() > kMaxBackupCodes) {
    return InvalidRequestError("backup_codes.hashes",
                               absl::StrCat("must be ", kMinBackupCodes, " to ", kMaxBackupCodes));
  }
  for (const std::string& hash : codes.hashes()) {
    if (hash.size() != kHashSize) {
      return InvalidRequestError("backup_codes.hashes", absl::StrCat("must hold ", kHashSize, " bytes each"));
    }
  }
  for (const int32_t slot : codes.used()) {
    if (slot < 0 || slot >= codes.hashes_size()) {
      return InvalidRequestError("backup_codes.used", "names a code that is not there");
    }
  }
  return absl::OkStatus();
}

class BackupCodes final : public Authenticator {
 public:
  v1::MethodType type() const override { return v1::METHOD_TYPE_BACKUP_CODES; }

  bool Takes(const Presented& presented) const override {
    return std::holds_alternative<BackupCode>(presented);
  }

  absl::Status Enroll(const MethodContext&, const v1::EnrollRequest&, Method&) const override {
    return InvalidRequestError("type", "backup codes come with the first method and by RotateBackupCodes");
  }

  OrWork<absl::Status> ShowOnce(const MethodContext&, const Method&, const v1::EnrollRequest&,
                                v1::EnrollResponse&) const override {
    return MethodStateError("backup codes are not enrolled");
  }

  absl::StatusOr<bool> SharesSecret(const MethodContext& context, const Method& method,
                                    const Method& other) const override {
    if (!other.has_backup_codes()) return false;
    TWOFOLD_ASSIGN_OR_RETURN(const SecretBytes hashes, OpenSecret(context, *this, method));
    TWOFOLD_ASSIGN_OR_RETURN(const SecretBytes other_hashes, OpenSecret(context, *this, other));
    return hashes.ConstantTimeEquals(other_hashes);
  }

  OrWork<CheckResult> Check(const MethodContext& context, const Method& method,
                            const Presented& presented) const override {
    CheckResult result;
    const absl::StatusOr<SecretBytes> secret = OpenSecret(context, *this, method);
    const absl::StatusOr<BackupCodeHashes> hashes =
        secret.ok() ? ParseHashes(*secret) : absl::StatusOr<BackupCodeHashes>(secret.status());
    if (!hashes.ok()) {
      result.outcome = CheckResult::Outcome::kUnreadable;
      result.unreadable = hashes.status();
      return result;
    }
    const std::string& symbols = std::get<BackupCode>(presented).symbols;
    const std::string key =
        absl::StrCat("backup code ", symbols, " ", hashes->iterations(), " ", hashes->salt());
    const std::string* hash = context.done.Find(key);
    if (hash == nullptr) return HashOf(key, symbols, *hashes);

    result.candidates = 1;
    const size_t slot = kBackupCodeAlphabet.find(symbols[0]);
    if (!IsCodeOfSlot(*hashes, slot, *hash)) return result;
    const uint32_t unused = method.backup_codes().unused();
    // The hash of a used code stays, so that its repetition is recognised.
    result.outcome = CheckResult::Outcome::kReplayed;
    if ((unused >> slot & 1U) == 0) return result;
    result.outcome = CheckResult::Outcome::kAccepted;
    result.after = method;
    result.after.mutable_backup_codes()->set_unused(unused & ~(uint32_t{1} << slot));
    ResealIfOld(context, *this, *secret, result.after);
    return result;
  }

  Method NewDecoy(const MethodContext& context) const override {
    BackupCodeHashes hashes;
    hashes.set_algorithm(BackupCodeHashes::ALGORITHM_PBKDF2_SHA256);
    hashes.set_iterations(kBackupHashIterations);
    hashes.set_salt(RandomBytes(context.random, kSaltSize));
    hashes.set_hashes(RandomBytes(context.random, kDecoyCodes * kHashSize));
    return NewSet(context, hashes);
  }

  void Describe(const Method& method, v1::Method& shown) const override {
    shown.mutable_backup_codes()->set_total(method.backup_codes().total());
    shown.mutable_backup_codes()->set_remaining(RemainingBackupCodes(&method));
  }

  bool IsPortable(const v1::PortableMethod& portable) const override { return portable.has_backup_codes(); }

  absl::Status Import(const MethodContext& context, const v1::PortableMethod& portable,
                      Method& method) const override {
    const v1::PortableBackupCodes& codes = portable.backup_codes();
    TWOFOLD_RETURN_IF_ERROR(CheckPortable(codes));
    BackupCodeHashes hashes;
    hashes.set_algorithm(BackupCodeHashes::ALGORITHM_PBKDF2_SHA256);
    hashes.set_iterations(codes.iterations());
    hashes.set_salt(codes.salt());
    uint32_t unused = (uint32_t{1} << codes.hashes_size()) - 1;
    for (const std::string& hash : codes.hashes()) hashes.mutable_hashes()->append(hash);
    for (const int32_t slot : codes.used()) unused &= ~(uint32_t{1} << slot);
    method = NewSet(context, hashes);
    method.mutable_backup_codes()->set_unused(unused);
    return absl::OkStatus();
  }

  absl::Status Export(const MethodContext& context, const Method& method,
                      v1::PortableMethod& portable) const override {
    TWOFOLD_ASSIGN_OR_RETURN(const SecretBytes opened, OpenSecret(context, *this, method));
    TWOFOLD_ASSIGN_OR_RETURN(const BackupCodeHashes hashes, ParseHashes(opened));
    v1::PortableBackupCodes& codes = *portable.mutable_backup_codes();
    codes.set_salt(hashes.salt());
    codes.set_iterations(hashes.iterations());
    for (int slot = 0; slot < method.backup_codes().total(); ++slot) {
      codes.add_hashes(hashes.hashes().substr(static_cast<size_t>(slot) * kHashSize, kHashSize));
      if ((method.backup_codes().unused() >> slot & 1U) == 0) codes.add_used(slot);
    }
    return absl::OkStatus();
  }

  Method NewSet(const MethodContext& context, const BackupCodeHashes& hashes) const {
    const int total = static_cast<int>(hashes.hashes().size() / kHashSize);
    Method set;
    set.set_method_id(kBackupMethodId);
    set.set_type(type());
    set.set_state(v1::METHOD_STATE_ACTIVE);
    set.set_create_time(context.now);
    set.set_confirm_time(context.now);
    set.mutable_backup_codes()->set_unused((uint32_t{1} << total) - 1);
    set.mutable_backup_codes()->set_total(total);
    SealSecret(context, *this, SecretBytes::FromString(hashes.SerializeAsString()), set);
    return set;
  }
};

}  // namespace

std::unique_ptr<const Authenticator> NewBackupCodesAuthenticator() { return std::make_unique<BackupCodes>(); }

OrWork<NewBackupCodes> MakeBackupCodes(const MethodContext& context, int count) {
  const std::string key = absl::StrCat("new backup codes ", count);
  const std::string* made = context.done.Find(key);
  if (made == nullptr) {
    Random& random = context.random;
    return Work{Work::Pool::kHashes, key, [&random, count] { return Generate(random, count); }};
  }
  NewBackupCodes codes;
  codes.ParseFromString(*made);
  return codes;
}

Method NewBackupCodeSet(const MethodContext& context, const BackupCodeHashes& hashes) {
  return BackupCodes().NewSet(context, hashes);
}

int RemainingBackupCodes(const Method* set) {
  return set == nullptr ? 0 : std::popcount(set->backup_codes().unused());
}

}  // namespace twofold
