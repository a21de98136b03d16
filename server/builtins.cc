#include "server/builtins.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/key_ring_file.h"
#include "crypto/transit/transit.h"
#include "server/delivery/file_carrier.h"
#include "server/delivery/smtp_carrier.h"
#include "server/delivery/webhook_carrier.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/methods/otp/hotp.h"
#include "server/methods/otp/totp.h"
#include "server/methods/webauthn/security_key.h"
#include "storage/local/local_rate_limiter.h"
#include "storage/memory/memory_storage.h"
#include "storage/redis/redis_rate_limiter.h"
#include "storage/redis/redis_storage.h"
#include "storage/sqlite/sqlite_backup.h"
#include "storage/sqlite/sqlite_storage.h"

namespace twofold {
namespace {

constexpr const char* kRedisSchemes[] = {"redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster"};
constexpr absl::string_view kSqlite = "sqlite";
constexpr absl::string_view kLocal = "local";

// Registration fails only when this file names a scheme twice.
void Must(const absl::Status& status) {
  if (!status.ok()) std::abort();
}

absl::StatusOr<OpenedStorage> OpenSqlite(const BackendUri& uri, const Warn& warn) {
  const absl::StatusOr<std::string> path = FilePathOf(uri);
  if (!path.ok()) return path.status();
  SqliteOptions options;
  options.warn = warn;
  absl::StatusOr<std::unique_ptr<SqliteStorage>> storage = OpenSqliteStorage(*path, options);
  if (!storage.ok()) return storage.status();
  OpenedStorage opened;
  opened.storage = *std::move(storage);
  // By the lock on the file.
  opened.excludes_others = true;
  return opened;
}

absl::StatusOr<std::unique_ptr<KeySource>> OpenKeyRingFile(const BackendUri& uri) {
  const absl::StatusOr<std::string> path = FilePathOf(uri);
  if (!path.ok()) return path.status();
  return NewFileKeySource(*path);
}

absl::StatusOr<std::unique_ptr<KeySource>> OpenTransit(const BackendUri& uri, bool tls) {
  TWOFOLD_ASSIGN_OR_RETURN(TransitSettings settings, ParseTransitUri(uri.rest, tls));
  std::string file = settings.keyring;
  return NewFileKeySource(std::move(file), NewTransitWrapper(std::move(settings)));
}

absl::Status CheckFileUri(const BackendUri& uri) { return FilePathOf(uri).status(); }

absl::StatusOr<OpenedStorage> OpenMemory(const BackendUri&) {
  OpenedStorage opened;
  opened.storage = NewMemoryStorage();
  opened.excludes_others = true;
  return opened;
}

}  // namespace

StorageRegistry BuiltinStorages(const Warn& warn) {
  StorageRegistry storages("storage");
  for (const char* scheme : kRedisSchemes) {
    Must(storages.Register(scheme, {[warn](const BackendUri& uri) { return OpenRedisStorage(uri, warn); },
                                    CheckRedisUri, StorageTraits{.shared_limiter = true}}));
  }
  Must(storages.Register("memory", {OpenMemory, ExpectNothingMore, StorageTraits{.ephemeral = true}}));
  Must(storages.Register(kSqlite, {[warn](const BackendUri& uri) { return OpenSqlite(uri, warn); },
                                   CheckFileUri, StorageTraits{.embedded = true}}));
  return storages;
}

std::string DefaultStorage(absl::string_view folder) {
  return absl::StrCat(kSqlite, ":", folder, "/twofold.db");
}

std::string DefaultRateLimiter(const std::string& storage) {
  const bool shared = BuiltinStorages([](const std::string&) {}).TraitsOf(storage).shared_limiter;
  return shared ? storage : absl::StrCat(kLocal, ":");
}

absl::StatusOr<BackupReport> BackUpStorage(absl::string_view uri, const std::string& to,
                                           const std::function<void(int64_t, int64_t)>& progress) {
  TWOFOLD_ASSIGN_OR_RETURN(const BackendUri parsed, ParseBackendUri(uri));
  if (parsed.scheme != kSqlite) {
    return absl::InvalidArgumentError(
        absl::StrCat("no backup of ", RedactUri(uri),
                     ": only sqlite:PATH is backed up here, other storages by their own means"));
  }
  TWOFOLD_ASSIGN_OR_RETURN(const std::string path, FilePathOf(parsed));
  TWOFOLD_ASSIGN_OR_RETURN(const SqliteBackup backup, BackUpSqlite(path, to, progress));
  BackupReport report;
  report.records = backup.records;
  report.bytes = backup.bytes;
  return report;
}

RateLimiterRegistry BuiltinRateLimiters(const Clock& clock, Random& random, const Warn& warn) {
  RateLimiterRegistry limiters("rate limiter");
  for (const char* scheme : kRedisSchemes) {
    Must(limiters.Register(scheme, {[warn](const BackendUri& uri) { return OpenRedisRateLimiter(uri, warn); },
                                    CheckRedisUri, RateLimiterTraits()}));
  }
  const auto open_local = [&clock,
                           &random](const BackendUri&) -> absl::StatusOr<std::unique_ptr<RateLimiter>> {
    return NewLocalRateLimiter(clock, random);
  };
  Must(
      limiters.Register(kLocal, {open_local, ExpectNothingMore, RateLimiterTraits{.answers_at_once = true}}));
  return limiters;
}

KeySourceRegistry BuiltinKeySources() {
  KeySourceRegistry sources("key ring");
  Must(sources.Register("file", {OpenKeyRingFile, CheckFileUri, KeySourceTraits()}));
  for (const bool tls : {true, false}) {
    Must(sources.Register(tls ? "transit+https" : "transit+http",
                          {[tls](const BackendUri& uri) { return OpenTransit(uri, tls); },
                           [tls](const BackendUri& uri) { return ParseTransitUri(uri.rest, tls).status(); },
                           KeySourceTraits{.remote = true}}));
  }
  return sources;
}

CarrierRegistry BuiltinCarriers(const Clock& clock) {
  CarrierRegistry carriers("carrier");
  const auto none = [](const BackendUri&) -> absl::StatusOr<std::unique_ptr<Carrier>> { return nullptr; };
  Must(carriers.Register("caller", {none, ExpectNothingMore, CarrierTraits{.returns_to_caller = true}}));
  const auto open_webhook = [&clock](const BackendUri& uri) { return OpenWebhookCarrier(uri, clock); };
  const auto open_smtp = [&clock](const BackendUri& uri) { return OpenSmtpCarrier(uri, clock); };
  for (const char* scheme : {"https", "http"}) {
    Must(carriers.Register(scheme, {open_webhook, CheckWebhookUri, CarrierTraits()}));
  }
  for (const char* scheme : {"smtps", "smtp"}) {
    Must(carriers.Register(scheme, {open_smtp, CheckSmtpUri, CarrierTraits{.mail_only = true}}));
  }
  const auto open_file = [&clock](const BackendUri& uri) -> absl::StatusOr<std::unique_ptr<Carrier>> {
    TWOFOLD_ASSIGN_OR_RETURN(std::string path, FilePathOf(uri));
    return NewFileCarrier(std::move(path), clock);
  };
  Must(carriers.Register("file", {open_file, CheckFileUri, CarrierTraits{.for_trying = true}}));
  return carriers;
}

Authenticators BuiltinAuthenticators(MethodSettings settings) {
  std::vector<std::unique_ptr<const Authenticator>> all;
  settings.sms.issuer = settings.issuer;
  settings.email.issuer = settings.issuer;
  all.push_back(NewTotp(settings.issuer));
  all.push_back(NewHotp(settings.issuer));
  all.push_back(NewBackupCodesAuthenticator());
  all.push_back(NewSecurityKey(std::move(settings.relying_party)));
  all.push_back(NewSmsCodes(std::move(settings.sms)));
  all.push_back(NewEmailCodes(std::move(settings.email)));
  return Authenticators(std::move(all));
}

}  // namespace twofold
