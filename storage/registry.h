#ifndef TWOFOLD_STORAGE_REGISTRY_H_
#define TWOFOLD_STORAGE_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/backend_uri.h"
#include "storage/opened_storage.h"
#include "storage/rate_limiter.h"

namespace twofold {

// What a program must know of a storage backend before it opens one.
struct StorageTraits {
  // The data is a file that this process opens, and the URI is the scheme and its path.
  bool embedded = false;
  // The data ends with the process.
  bool ephemeral = false;
  // The URI also names a rate limiter, which is then the default.
  bool shared_limiter = false;
};

// The same for a backend of rate limiters.
struct RateLimiterTraits {
  // Acquire never waits, so that nothing is gained by reading at the same time.
  bool answers_at_once = false;
};

// Backends by URI scheme. The code that composes the program fills it once at start-up. After that,
// every const function may be called from any thread.
template <typename Opened, typename Traits>
class BackendRegistry {
 public:
  struct Backend {
    std::function<absl::StatusOr<Opened>(const BackendUri& uri)> open;
    // INVALID_ARGUMENT when the URI is not valid for this backend. Reaches and makes nothing. An
    // empty function accepts every URI.
    std::function<absl::Status(const BackendUri& uri)> check;
    Traits traits;
  };

  // `kind` names what is opened in messages: "storage", "rate limiter".
  explicit BackendRegistry(std::string kind) : kind_(std::move(kind)) {}

  // ALREADY_EXISTS when the scheme has a backend, INVALID_ARGUMENT when it is not a scheme.
  absl::Status Register(absl::string_view scheme, Backend backend) {
    if (!IsUriScheme(scheme)) return absl::InvalidArgumentError("not a URI scheme");
    if (!backends_.emplace(scheme, std::move(backend)).second) {
      return absl::AlreadyExistsError("two backends for one URI scheme");
    }
    return absl::OkStatus();
  }

  // The traits of the backend for `uri`. The default traits when `uri` is not a URI or has no
  // backend.
  Traits TraitsOf(absl::string_view uri) const {
    const absl::StatusOr<BackendUri> parsed = ParseBackendUri(uri);
    const auto found = parsed.ok() ? backends_.find(parsed->scheme) : backends_.end();
    return found == backends_.end() ? Traits() : found->second.traits;
  }

  // INVALID_ARGUMENT when `uri` is not a URI, no backend has its scheme, or its backend's check
  // refuses it.
  absl::Status Check(absl::string_view uri) const {
    const absl::StatusOr<BackendUri> parsed = ParseBackendUri(uri);
    if (!parsed.ok()) return BadUri(kind_, parsed.status().message(), Schemes());
    const auto found = backends_.find(parsed->scheme);
    if (found == backends_.end()) return UnknownScheme(kind_, *parsed, Schemes());
    return found->second.check == nullptr ? absl::OkStatus() : found->second.check(*parsed);
  }

  // Opens a URI that Check accepts. Errors are those of Check and of the backend.
  absl::StatusOr<Opened> Open(absl::string_view uri) const {
    const absl::Status checked = Check(uri);
    if (!checked.ok()) return checked;
    const absl::StatusOr<BackendUri> parsed = ParseBackendUri(uri);
    return backends_.find(parsed->scheme)->second.open(*parsed);
  }

 private:
  std::string Schemes() const {
    std::string schemes;
    for (const auto& [scheme, backend] : backends_) schemes += (schemes.empty() ? "" : ", ") + scheme + ":";
    return schemes;
  }

  const std::string kind_;
  std::map<std::string, Backend> backends_;
};

using StorageRegistry = BackendRegistry<OpenedStorage, StorageTraits>;
using RateLimiterRegistry = BackendRegistry<std::unique_ptr<RateLimiter>, RateLimiterTraits>;

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_REGISTRY_H_
