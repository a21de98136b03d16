#include "server/store/open.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "common/status_macros.h"
#include "crypto/key_ring_file.h"
#include "crypto/secret_bytes.h"
#include "crypto/system_random.h"
#include "server/builtins.h"
#include "server/ops/log.h"
#include "server/store/marker.h"

namespace twofold {
namespace {

bool IsIn(const std::string& directory, absl::string_view path) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(std::string(path)).parent_path();
  // The dot makes a path with a slash at its end, and an empty one, equal to those that mean the same.
  const std::filesystem::path there = std::filesystem::weakly_canonical(parent / ".", error);
  return !error &&
         there == std::filesystem::weakly_canonical(std::filesystem::path(directory) / ".", error) && !error;
}

StorageTraits StorageTraitsOf(const Options& options) {
  return BuiltinStorages([](const std::string&) {}).TraitsOf(options.storage);
}

bool InFile(const Options& options) { return StorageTraitsOf(options).embedded; }

// The file of a storage that is InFile.
std::string DatabaseOf(const Options& options) {
  return options.storage.substr(options.storage.find(':') + 1);
}

// Whether the storage is a file in the data directory.
bool InDataDirectory(const Options& options) {
  return InFile(options) && IsIn(options.data_dir, DatabaseOf(options));
}

absl::Status MakeDataDirectory(const Options& options) {
  if (!InDataDirectory(options)) return absl::OkStatus();
  constexpr mode_t kOwnerOnly = 0700;
  if (mkdir(options.data_dir.c_str(), kOwnerOnly) == 0) return absl::OkStatus();
  const int error = errno;
  struct stat found {};
  if (error == EEXIST && stat(options.data_dir.c_str(), &found) == 0 && S_ISDIR(found.st_mode))
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("data directory ", options.data_dir, ": ", std::strerror(error)));
}

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

bool RingIsRemote(const Options& options) { return BuiltinKeySources().TraitsOf(options.keyring).remote; }

// Null for a key ring in memory.
absl::StatusOr<std::unique_ptr<KeySource>> OpenKeySource(const Options& options) {
  if (options.keyring == kEphemeralKeyRing) return nullptr;
  absl::StatusOr<std::unique_ptr<KeySource>> source = BuiltinKeySources().Open(options.keyring);
  if (source.ok()) return source;
  return absl::Status(source.status().code(), absl::StrCat("--keyring: ", source.status().message()));
}

// NOT_FOUND where the options name a file that is not there. `source` is null for a ring in memory.
absl::StatusOr<std::unique_ptr<KeyRing>> ReadRing(const Options& options, KeySource* source, Random& random) {
  if (source == nullptr) {
    if (!StorageTraitsOf(options).ephemeral) {
      return absl::InvalidArgumentError(
          "--keyring: memory: ends with the process, and so does whatever it sealed; it is for "
          "--storage=memory: alone");
    }
    constexpr uint32_t kFirst = 1;
    std::vector<RingKey> keys;
    keys.emplace_back(kFirst, SecretBytes::FromString(RandomBytes(random, KeyRing::kKeySize)));
    return KeyRing::Create(kFirst, std::move(keys));
  }
  return source->Load();
}

// Whether a missing key ring may be made.
bool MayMakeRing(const Options& options, const KeySource& source) {
  return !RingIsRemote(options) && InDataDirectory(options) && IsIn(options.data_dir, source.file());
}

absl::Status RingIsLost(const KeySource& source) {
  return absl::NotFoundError(absl::StrCat("key ring ", source.file(),
                                          " does not exist, but the storage holds records that only it can "
                                          "open"));
}

// Why there is no key ring and none is made. Makes nothing, not even an empty database.
absl::Status RingIsMissing(const Options& options, const KeySource& source, const StorageRegistry& storages) {
  const std::string missing = absl::StrCat("key ring ", source.file(), " does not exist");
  const std::string name = RingIsRemote(options) ? absl::StrCat("'", options.keyring, "'") : source.file();
  absl::Status make_one =
      absl::NotFoundError(absl::StrCat(missing, "; make one with: twofold admin keyring new ", name));
  if (InFile(options) && !Exists(DatabaseOf(options))) return make_one;
  const absl::StatusOr<OpenedStorage> opened = storages.Open(options.storage);
  if (absl::IsUnavailable(opened.status())) {
    return absl::NotFoundError(absl::StrCat(
        missing, ", and whether the storage needs it is not known: ", opened.status().message()));
  }
  if (!opened.ok()) return opened.status();
  TWOFOLD_ASSIGN_OR_RETURN(const bool holds_records, SyncWait(HoldsRecords(*opened->storage)));
  return holds_records ? RingIsLost(source) : make_one;
}

// Beside a new database.
absl::StatusOr<std::unique_ptr<KeyRing>> MakeRing(KeySource& source, Storage& storage, const Clock& clock,
                                                  Random& random) {
  TWOFOLD_ASSIGN_OR_RETURN(const bool holds_records, SyncWait(HoldsRecords(storage)));
  if (holds_records) return RingIsLost(source);
  TWOFOLD_RETURN_IF_ERROR(CreateKeyRingFile(source.file(), random, clock));
  return source.Load();
}

// Calls `open` until it succeeds, fails for good, or patience is over.
template <typename Open>
auto Patiently(const StoresPatience& patience, absl::string_view what, Open open) -> decltype(open()) {
  for (;;) {
    if (patience.before_try) patience.before_try(what);
    auto opened = open();
    if (patience.after_try) patience.after_try();
    const absl::Status status = opened.status();
    // UNKNOWN: a write whose reply was lost, and which is looked for the next time.
    const bool may_come = absl::IsUnavailable(status) || absl::IsUnknown(status);
    if (!may_come || !patience.wait || !patience.wait(what, status)) return opened;
  }
}

}  // namespace

absl::Status CheckStores(const Options& options) {
  const Warn ignore = [](const std::string&) {};
  TWOFOLD_RETURN_IF_ERROR(BuiltinStorages(ignore).Check(options.storage));
  TWOFOLD_RETURN_IF_ERROR(
      BuiltinRateLimiters(SystemClock(), SystemRandom(), ignore).Check(options.rate_limiter));
  TWOFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<KeySource> source, OpenKeySource(options));
  if (RingIsRemote(options)) return absl::OkStatus();
  const absl::StatusOr<std::unique_ptr<KeyRing>> ring = ReadRing(options, source.get(), SystemRandom());
  return absl::IsNotFound(ring.status()) ? absl::OkStatus() : ring.status();
}

absl::StatusOr<Stores> OpenStores(const Options& options, const Clock& clock, Random& random,
                                  const StoresPatience& patience) {
  Stores stores;
  const Warn warn = [](const std::string& sentence) { LogWarning(sentence); };
  const StorageRegistry storages = BuiltinStorages(warn);
  const RateLimiterRegistry limiters = BuiltinRateLimiters(clock, random, warn);
  TWOFOLD_ASSIGN_OR_RETURN(stores.key_source, OpenKeySource(options));
  KeySource* const source = stores.key_source.get();
  // What is wrong with a file does not mend itself.
  const StoresPatience& ring_patience = RingIsRemote(options) ? patience : StoresPatience();
  absl::StatusOr<std::unique_ptr<KeyRing>> ring =
      Patiently(ring_patience, "key ring", [&] { return ReadRing(options, source, random); });
  if (absl::IsNotFound(ring.status()) && !MayMakeRing(options, *source)) {
    return RingIsMissing(options, *source, storages);
  }
  if (!absl::IsNotFound(ring.status()) && !ring.ok()) return ring.status();
  const auto open_limiter = [&] { return limiters.Open(options.rate_limiter); };

  // Only an open storage tells whether it has a limiter of its own.
  const bool one_place = options.rate_limiter == options.storage;
  if (!one_place) {
    TWOFOLD_ASSIGN_OR_RETURN(stores.limiter, Patiently(patience, "limiter", open_limiter));
  }
  const bool local = InFile(options);
  if (local && (!ring.ok() || !Exists(DatabaseOf(options))) && patience.may_make && !patience.may_make()) {
    return absl::CancelledError("the server was told to stop");
  }
  const StoresPatience& storage_patience = local ? StoresPatience() : patience;
  TWOFOLD_RETURN_IF_ERROR(MakeDataDirectory(options));
  const auto open_storage = [&] { return storages.Open(options.storage); };
  TWOFOLD_ASSIGN_OR_RETURN(OpenedStorage opened, Patiently(storage_patience, "storage", open_storage));
  stores.storage = std::move(opened.storage);
  stores.excludes_others = opened.excludes_others;
  if (one_place && opened.gate != nullptr) {
    stores.limiter = std::move(opened.limiter);
    stores.gate = std::move(opened.gate);
    stores.counts_beside_records = true;
  } else {
    if (one_place) {
      TWOFOLD_ASSIGN_OR_RETURN(stores.limiter, Patiently(patience, "limiter", open_limiter));
    }
    const bool at_once = limiters.TraitsOf(options.rate_limiter).answers_at_once;
    stores.gate = at_once ? NewSequentialGate(*stores.limiter, *stores.storage)
                          : NewConcurrentGate(*stores.limiter, *stores.storage);
  }
  if (!ring.ok()) {
    ring = MakeRing(*source, *stores.storage, clock, random);
    stores.new_ring = true;
  }
  TWOFOLD_ASSIGN_OR_RETURN(stores.ring, std::move(ring));
  const auto identify = [&] {
    stores.seen = std::chrono::steady_clock::now();
    return SyncWait(OpenStore(*stores.storage, *stores.ring, clock, random, opened.prepare));
  };
  TWOFOLD_ASSIGN_OR_RETURN(const StoreIdentity identity, Patiently(storage_patience, "storage", identify));
  stores.store_id = identity.store_id;
  stores.new_store = identity.is_new;
  return stores;
}

}  // namespace twofold
