#include "server/stores.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/async.h"
#include "common/status_macros.h"
#include "crypto/key_ring_file.h"
#include "server/builtins.h"
#include "server/engine/store_marker.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

bool IsIn(const std::string& directory, absl::string_view path) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(std::string(path)).parent_path();
  const std::filesystem::path there = std::filesystem::weakly_canonical(parent, error);
  return !error && there == std::filesystem::weakly_canonical(directory, error) && !error;
}

// Whether options.storage is an SQLite database in the data directory.
bool IsEmbedded(const Options& options) {
  absl::string_view path = options.storage;
  return absl::ConsumePrefix(&path, "sqlite:") && IsIn(options.data_dir, path);
}

absl::Status MakeDataDirectory(const Options& options) {
  if (!IsEmbedded(options) &&
      !IsIn(options.data_dir, options.keyring.substr(options.keyring.find(':') + 1))) {
    return absl::OkStatus();
  }
  constexpr mode_t kOwnerOnly = 0700;
  if (mkdir(options.data_dir.c_str(), kOwnerOnly) == 0) return absl::OkStatus();
  struct stat found {};
  if (errno == EEXIST && stat(options.data_dir.c_str(), &found) == 0 && S_ISDIR(found.st_mode))
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("data directory ", options.data_dir, ": ", std::strerror(errno)));
}

absl::StatusOr<std::unique_ptr<KeyRing>> OpenRing(const Options& options, Storage& storage,
                                                  const Clock& clock, Random& random, bool& is_new) {
  absl::string_view path = options.keyring;
  if (!absl::ConsumePrefix(&path, "file:") || path.empty()) {
    return absl::InvalidArgumentError("--keyring: must be file:PATH");
  }
  const std::string file(path);
  absl::StatusOr<std::unique_ptr<KeyRing>> ring = LoadKeyRingFile(file);
  if (!absl::IsNotFound(ring.status())) return ring;
  TWOFOLD_ASSIGN_OR_RETURN(const bool holds_records, BlockOn(HoldsRecords(storage)));
  if (holds_records) {
    return absl::NotFoundError(absl::StrCat(
        "key ring ", file, " does not exist, but the storage holds records that only it can open"));
  }
  if (!IsEmbedded(options) || !IsIn(options.data_dir, file)) {
    return absl::NotFoundError(
        absl::StrCat("key ring ", file, " does not exist; make one with: twofold admin keyring new ", file));
  }
  TWOFOLD_RETURN_IF_ERROR(CreateKeyRingFile(file, random, clock));
  is_new = true;
  return LoadKeyRingFile(file);
}

}  // namespace

absl::StatusOr<Stores> OpenStores(const Options& options, const Clock& clock, Random& random) {
  Stores stores;
  const Warn warn = [](const std::string& sentence) { LogWarning(sentence); };
  TWOFOLD_RETURN_IF_ERROR(MakeDataDirectory(options));
  TWOFOLD_ASSIGN_OR_RETURN(stores.storage, BuiltinStorages(warn).Open(options.storage));
  if (options.rate_limiter == options.storage) stores.metered_reads = stores.storage->metered_reads();
  if (stores.metered_reads == nullptr) {
    TWOFOLD_ASSIGN_OR_RETURN(stores.other_limiter,
                             BuiltinRateLimiters(clock, random, warn).Open(options.rate_limiter));
  }
  TWOFOLD_ASSIGN_OR_RETURN(stores.ring, OpenRing(options, *stores.storage, clock, random, stores.new_ring));
  stores.seen = std::chrono::steady_clock::now();
  TWOFOLD_ASSIGN_OR_RETURN(const StoreIdentity identity,
                           BlockOn(OpenStore(*stores.storage, *stores.ring, clock, random)));
  stores.store_id = identity.store_id;
  stores.new_store = identity.is_new;
  return stores;
}

}  // namespace twofold
