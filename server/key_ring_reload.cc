#include "server/key_ring_reload.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/async.h"
#include "common/status_macros.h"
#include "server/store/marker.h"

namespace twofold {
namespace {

// The ids that `one` has and `other` lacks.
std::vector<uint32_t> Difference(const KeyRing& one, const KeyRing& other) {
  const std::vector<uint32_t> ids = one.key_ids();
  std::vector<uint32_t> left;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(left),
               [&other](uint32_t id) { return !other.HasKey(id); });
  return left;
}

std::string Listed(absl::string_view what, const std::vector<uint32_t>& ids) {
  if (ids.empty()) return "";
  return absl::StrCat(", ", what, " ", absl::StrJoin(ids, ", "));
}

}  // namespace

absl::Status CheckReplaces(const KeyRing& now, const KeyRing& next) {
  for (const uint32_t id : next.key_ids()) {
    if (!now.HasKey(id) || next.HasSameKey(id, now)) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("its key ", id, " is not the key ", id,
                     " that this server uses. Secrets that were sealed with the latter would be lost"));
  }
  return absl::OkStatus();
}

std::string DescribeChange(const KeyRing& now, const KeyRing& next) {
  const std::vector<uint32_t> added = Difference(next, now);
  const std::vector<uint32_t> removed = Difference(now, next);
  const bool promoted = now.primary_key_id() != next.primary_key_id();
  if (!promoted && added.empty() && removed.empty()) return "";
  return absl::StrCat("primary key ", next.primary_key_id(),
                      promoted ? absl::StrCat(" instead of ", now.primary_key_id()) : "",
                      Listed("added", added), Listed("removed", removed));
}

absl::StatusOr<std::string> ReloadKeyRing(KeySource& source, Storage& storage, const KeyRing& now,
                                          const std::function<void(std::shared_ptr<const KeyRing>)>& use) {
  TWOFOLD_ASSIGN_OR_RETURN(std::shared_ptr<const KeyRing> next, source.Load());
  TWOFOLD_RETURN_IF_ERROR(CheckReplaces(now, *next));
  std::string change = DescribeChange(now, *next);
  if (change.empty()) return change;
  TWOFOLD_RETURN_IF_ERROR(SyncWait(CheckKeyRing(storage, *next)));
  use(std::move(next));
  return change;
}

}  // namespace twofold
