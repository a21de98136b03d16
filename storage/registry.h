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
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// Backends by URI scheme. Filled once at start-up by whoever composes the program; then Open may be called
// from any thread.
template <typename Backend>
class BackendRegistry {
 public:
  using Factory = std::function<absl::StatusOr<std::unique_ptr<Backend>>(const BackendUri& uri)>;
  // INVALID_ARGUMENT when the URI is none of this backend. Reaches and makes nothing.
  using Checker = std::function<absl::Status(const BackendUri& uri)>;

  // `kind` names what is opened in messages: "storage", "rate limiter".
  explicit BackendRegistry(std::string kind) : kind_(std::move(kind)) {}

  // ALREADY_EXISTS when the scheme has a factory, INVALID_ARGUMENT when it is not a scheme.
  absl::Status Register(absl::string_view scheme, Factory factory, Checker checker = nullptr) {
    if (!IsUriScheme(scheme)) return absl::InvalidArgumentError("not a URI scheme");
    if (!factories_.emplace(scheme, Entry{std::move(factory), std::move(checker)}).second) {
      return absl::AlreadyExistsError("two backends for one URI scheme");
    }
    return absl::OkStatus();
  }

  // Whether there is a factory for the scheme of `uri`.
  bool Knows(const BackendUri& uri) const { return factories_.contains(uri.scheme); }

  // INVALID_ARGUMENT when `uri` is no URI, no backend has its scheme, or its checker refuses it.
  absl::Status Check(absl::string_view uri) const {
    const absl::StatusOr<BackendUri> parsed = ParseBackendUri(uri);
    if (!parsed.ok()) return BadUri(kind_, parsed.status().message(), Schemes());
    const auto found = factories_.find(parsed->scheme);
    if (found == factories_.end()) return UnknownScheme(kind_, *parsed, Schemes());
    return found->second.check == nullptr ? absl::OkStatus() : found->second.check(*parsed);
  }

  // The factory's result for what Check lets pass.
  absl::StatusOr<std::unique_ptr<Backend>> Open(absl::string_view uri) const {
    const absl::Status checked = Check(uri);
    if (!checked.ok()) return checked;
    const absl::StatusOr<BackendUri> parsed = ParseBackendUri(uri);
    return factories_.find(parsed->scheme)->second.open(*parsed);
  }

 private:
  struct Entry {
    Factory open;
    Checker check;
  };

  std::string Schemes() const {
    std::string schemes;
    for (const auto& [scheme, entry] : factories_) schemes += (schemes.empty() ? "" : ", ") + scheme + ":";
    return schemes;
  }

  const std::string kind_;
  std::map<std::string, Entry> factories_;
};

using StorageRegistry = BackendRegistry<Storage>;
using RateLimiterRegistry = BackendRegistry<RateLimiter>;

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_REGISTRY_H_
