#include "server/service.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/status_macros.h"
#include "server/builtins.h"
#include "server/engine/engine.h"
#include "server/engine/store_lease.h"
#include "server/named_files.h"
#include "server/ops/audit.h"
#include "server/ops/log.h"
#include "server/ops/metrics.h"
#include "server/ops/ops_server.h"
#include "server/ops/readiness.h"
#include "server/ops/version.h"
#include "server/rpc/call_observer.h"
#include "server/rpc/health_server.h"
#include "server/rpc/method_table.h"
#include "server/rpc/rpc_server.h"
#include "server/stores.h"
#include "server/watch.h"

namespace twofold {
namespace {

// For calls that are under way when the server is told to stop.
constexpr absl::Duration kDrain = absl::Seconds(10);
// Work that would hold up a request thread. Pictures take milliseconds each, and whoever may enrol can order
// them without limit: few wait, and they leave the processor to logins.
constexpr size_t kHashThreads = 1;
constexpr int64_t kMaxHashes = 512;
constexpr size_t kPictureThreads = 1;
constexpr int64_t kMaxPictures = 128;
constexpr int kPictureNiceness = 10;

Policy PolicyOf(const Options& options) {
  Policy policy;
  policy.issuer = options.issuer;
  policy.lock_after = static_cast<int32_t>(options.lock_after);
  policy.lock_initial_ms = absl::ToInt64Milliseconds(options.lock_initial);
  policy.lock_max_ms = absl::ToInt64Milliseconds(options.lock_max);
  policy.hard_stop = static_cast<int32_t>(options.hard_stop);
  policy.slow_budget = options.slow_budget;
  policy.slow_refill_per_day = options.slow_refill_per_day;
  policy.login_limit = RateLimit{options.limit_attempts, options.limit_window};
  policy.address_limit = RateLimit{options.limit_address_attempts, options.limit_window};
  policy.recovery_address_limit = RateLimit{options.limit_attempts, options.limit_window};
  policy.recovery_limit = RateLimit{4 * options.limit_attempts, options.limit_window};
  policy.pending_ttl_ms = absl::ToInt64Milliseconds(options.pending_ttl);
  return policy;
}

std::vector<std::string> MethodNames() {
  std::vector<std::string> names;
  for (const Method& method : MethodTable()) names.emplace_back(method.name);
  return names;
}

// Members are declared in the order in which they start; they end in the reverse one.
class WholeService final : public Service {
 public:
  WholeService(const Options& options, const Clock& clock, Random& random, Stores stores,
               std::unique_ptr<AuditLog> audit)
      : policy_(PolicyOf(options)),
        stores_(std::move(stores)),
        audit_(std::move(audit)),
        metrics_(NewMetrics(MethodNames(), CallOutcomes(), kVersion)),
        engine_(Engine::Parts{policy_, *stores_.ring, kinds_, *stores_.storage, stores_.limiter(),
                              stores_.metered_reads, hashes_, pictures_, clock, random, stores_.store_id,
                              lease_}),
        observer_(*audit_, *metrics_) {
    lease_.Renew(stores_.seen);
    metrics_->AddCounter("twofold_audit_dropped_total", "Audit events that were never written.",
                         [this] { return static_cast<double>(audit_->dropped()); });
    for (const char* condition : {"storage", "limiter"}) {
      metrics_->AddGauge(std::string("twofold_") + condition + "_ready", "Whether it works: 1 or 0.",
                         [this, condition] { return readiness_.Holds(condition) ? 1.0 : 0.0; });
    }
  }

  ~WholeService() override { Shutdown(); }

  absl::Status Start(const Options& options, const ServiceExtras& extras) {
    if (extras.prepare) TWOFOLD_RETURN_IF_ERROR(extras.prepare(*stores_.storage, *stores_.ring));
    if (!options.ops_listen.empty()) {
      OpsPages pages{[this] { return metrics_->RenderText(); }, [this] { return readiness_.Check(); }};
      TWOFOLD_ASSIGN_OR_RETURN(ops_, StartOpsServer(options.ops_listen, std::move(pages)));
    }
    const SocketAccess access{options.listen_mode, options.listen_group};
    if (!options.health_listen.empty()) {
      TWOFOLD_ASSIGN_OR_RETURN(health_, StartHealthServer(options.health_listen, access));
    }
    RpcServerSettings settings;
    settings.listen = options.listen;
    settings.access = access;
    settings.max_connections = options.max_connections;
    settings.threads = options.threads;
    settings.reflection = options.reflection;
    settings.further_service = extras.service;
    TWOFOLD_ASSIGN_OR_RETURN(rpc_, StartRpcServer(settings, engine_, observer_));
    watch_.emplace(*stores_.storage, stores_.store_id, lease_, stores_.limiter(), *audit_, readiness_,
                   [this](bool serving) {
                     rpc_->SetServing(serving);
                     if (health_ != nullptr) health_->SetServing(serving);
                   });
    return absl::OkStatus();
  }

  std::string address() const override { return rpc_->address(); }
  std::string ops_address() const override { return ops_ == nullptr ? "" : ops_->address(); }
  absl::Status ReopenAuditLog() override { return audit_->Reopen(); }

  void Shutdown() override {
    readiness_.StartDraining();
    watch_.reset();
    if (health_ != nullptr) health_->SetServing(false);
    if (rpc_ != nullptr) rpc_->Shutdown(kDrain);
    health_.reset();
    ops_.reset();
  }

 private:
  const Policy policy_;
  const DeviceKinds kinds_ = BuiltinDeviceKinds();
  Stores stores_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<Metrics> metrics_;
  Readiness readiness_{{"storage", "limiter", "audit"}};
  WorkPool hashes_{kHashThreads, kMaxHashes};
  WorkPool pictures_{kPictureThreads, kMaxPictures, kPictureNiceness};
  StoreLease lease_;
  Engine engine_;
  CallObserver observer_;
  std::unique_ptr<OpsServer> ops_;
  std::unique_ptr<HealthServer> health_;
  std::unique_ptr<RpcServer> rpc_;
  std::optional<Watch> watch_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> StartService(const Options& options, const Clock& clock,
                                                      Random& random, const ServiceExtras& extras) {
  // Debian's Abseil looks for deadlocks at every lock, those of gRPC included. That is for tests.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  TWOFOLD_RETURN_IF_ERROR(CheckFilesApart(options));
  AuditSettings audit_settings;
  audit_settings.destination = options.audit_log;
  audit_settings.required = options.audit_required;
  TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<AuditLog> audit, OpenAuditLog(audit_settings, clock));
  TWOFOLD_ASSIGN_OR_RETURN(Stores stores, OpenStores(options, clock, random));
  if (stores.new_ring) LogInfo("made a new key ring: ", options.keyring);
  if (stores.new_store) {
    const std::string made = absl::StrCat("the store was empty: it is now store ", stores.store_id);
    if (stores.storage->ExcludesOthers()) {
      LogInfo(made);
    } else {
      LogWarning(made, "; if it held users before, stop and restore it");
    }
  }
  auto service = std::make_unique<WholeService>(options, clock, random, std::move(stores), std::move(audit));
  TWOFOLD_RETURN_IF_ERROR(service->Start(options, extras));
  return service;
}

}  // namespace twofold
