#include <map>
#include <memory>
#include <utility>

#include "server/errors.h"
#include "server/rpc/admin_streams.h"
#include "server/store/rewrap.h"
#include "twofold/v1/admin_service.pb.h"

namespace twofold {
namespace {

v1::RewrapSecretsResponse ResponseOf(const RewrapTotals& totals) {
  v1::RewrapSecretsResponse response;
  response.set_subjects_done(totals.subjects_done);
  response.set_subjects_total(totals.subjects_total);
  response.set_rewrapped_count(totals.rewrapped);
  response.set_unreadable_count(totals.unreadable + totals.newer_records);
  return response;
}

void AddKeys(const RewrapTotals& totals, const KeyRing& ring, v1::RewrapSecretsResponse& response) {
  // Keys of the ring that seal nothing are told too.
  std::map<uint32_t, int64_t> uses = totals.secrets_of_key;
  for (const uint32_t id : ring.key_ids()) uses.emplace(id, 0);
  for (const auto& [id, count] : uses) {
    v1::KeyUse& use = *response.add_keys();
    use.set_key_id(id);
    use.set_secret_count(count);
    use.set_is_primary(id == ring.primary_key_id());
    use.set_in_key_ring(ring.HasKey(id));
  }
}

}  // namespace

Task<absl::Status> ServeRewrapSecrets(CallContext call, MessageStream& messages) {
  v1::RewrapSecretsRequest request;
  const absl::StatusOr<bool> read = co_await messages.Read(request);
  if (!read.ok()) co_return read.status();
  // The store is sealed again as a whole.
  if (!call.MayUseAllTenantsNow()) co_return CallerNotAllowedError();
  const Engine::Parts& parts = call.engine.parts();
  const RewrapParts rewrap_parts{parts.storage,        parts.lease,  [&call] { return call.engine.ring(); },
                                 parts.authenticators, parts.limits, parts.clock,
                                 parts.random};
  RewrapSettings settings;
  settings.dry_run = request.dry_run();
  RewrapProgress progress = [&messages, &call](const RewrapTotals& totals) -> Task<bool> {
    if (!call.MayUseAllTenantsNow()) co_return false;
    const v1::RewrapSecretsResponse response = ResponseOf(totals);
    co_return co_await messages.Write(response);
  };
  auto rewrapping = Rewrap(rewrap_parts, settings, std::move(progress));
  const absl::StatusOr<RewrapTotals> totals = co_await std::move(rewrapping);
  if (!totals.ok())
    co_return absl::IsCancelled(totals.status()) ? OverloadedError() : StorageUnavailableError();
  v1::RewrapSecretsResponse last = ResponseOf(*totals);
  AddKeys(*totals, *call.engine.ring(), last);
  const bool sent = co_await messages.Write(last);
  static_cast<void>(sent);
  co_return absl::OkStatus();
}

}  // namespace twofold
