#include "server/service.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/async.h"
#include "common/status_macros.h"
#include "server/access/caller_files.h"
#include "server/builtins.h"
#include "server/engine/engine.h"
#include "server/key_ring_reload.h"
#include "server/method_options.h"
#include "server/methods/type_name.h"
#include "server/named_files.h"
#include "server/open_carriers.h"
#include "server/ops/audit.h"
#include "server/ops/log.h"
#include "server/ops/metrics.h"
#include "server/ops/ops_server.h"
#include "server/ops/readiness.h"
#include "server/ops/reloader.h"
#include "server/ops/version.h"
#include "server/readiness_monitor.h"
#include "server/rpc/call_observer.h"
#include "server/rpc/health_server.h"
#include "server/rpc/library_logs.h"
#include "server/rpc/method_table.h"
#include "server/rpc/rpc_server.h"
#include "server/start_gate.h"
#include "server/store/lease.h"
#include "server/store/marker.h"
#include "server/store/open.h"
#include "server/store/sweeper.h"

namespace twofold {
namespace {

// The time between two tries to reach a storage or a limiter at the start, and between two log
// lines about it.
constexpr absl::Duration kTryEvery = absl::Milliseconds(500);
constexpr absl::Duration kSayEvery = absl::Seconds(30);
// The time in which a start must notice that it was told to stop. After that it is left behind.
constexpr absl::Duration kNotice = absl::Milliseconds(100);
// These pools do work that would delay a request thread. Pictures take milliseconds each, and a
// caller who may enrol can order any number of them. The queue of pictures is therefore short, and
// their thread leaves the processor to logins.
constexpr size_t kHashThreads = 1;
constexpr int64_t kMaxHashes = 512;
constexpr size_t kPictureThreads = 1;
constexpr int64_t kMaxPictures = 128;
constexpr int kPictureNiceness = 10;

Limits LimitsOf(const Options& options) {
  Limits limits;
  limits.lock_after = static_cast<int32_t>(options.lock_after);
  limits.lock_initial_ms = absl::ToInt64Milliseconds(options.lock_initial);
  limits.lock_max_ms = absl::ToInt64Milliseconds(options.lock_max);
  limits.permanent_lock_after = static_cast<int32_t>(options.permanent_lock_after);
  limits.long_term_budget = options.long_term_budget;
  limits.long_term_refill_per_day = options.long_term_refill_per_day;
  const auto attempts = [&options](int64_t factor) {
    return RateLimit{factor * options.limit_attempts, options.limit_window};
  };
  limits.login_limit = attempts(1);
  limits.address_limit = RateLimit{options.limit_address_attempts, options.limit_window};
  limits.resync_address_limit = attempts(1);
  limits.resync_limit = attempts(4);
  limits.backup_address_limit = attempts(2);
  limits.backup_limit = attempts(1000);
  limits.write_limit = attempts(4);
  limits.key_address_limit = attempts(2);
  limits.key_limit = attempts(1000);
  limits.grant_address_limit = attempts(2);
  limits.grant_limit = attempts(1000);
  limits.challenge_limit = attempts(4);
  limits.prefix_sends.attempts = options.send_prefix_daily_limit;
  limits.all_sends.attempts = options.send_daily_limit;
  limits.restricted_alone = options.restricted_alone;
  limits.pending_ttl_ms = absl::ToInt64Milliseconds(options.pending_ttl);
  return limits;
}

std::vector<std::string> MethodNames() {
  std::vector<std::string> names;
  for (const Method& method : MethodTable()) names.emplace_back(method.name);
  return names;
}

using SteadyClock = std::chrono::steady_clock;

// Members are declared in the order in which they start, and end in reverse order.
class WholeService final : public Service {
 public:
  WholeService(Options options, const Clock& clock, Random& random, ServiceExtras extras)
      : options_(std::move(options)),
        limits_(LimitsOf(options_)),
        clock_(clock),
        random_(random),
        extras_(std::move(extras)),
        metrics_(NewMetrics(MethodNames(), CallOutcomes(), kVersion)) {}

  ~WholeService() override {
    Shutdown();
    if (starter_.joinable()) starter_.join();
    Close();
  }

  absl::Status Start() override {
    absl::Status listening = Listen();
    if (!listening.ok()) return listening;
    starter_ = std::thread([this] { gate_.Finish(OpenAndServe()); });
    absl::Status started = gate_.AwaitStart();
    return absl::IsDeadlineExceeded(started) ? NotReached(started) : started;
  }

  void Stop() override { gate_.Stop(); }
  bool AwaitStop(absl::Duration time) override { return gate_.AwaitStop(time); }
  bool Answers(absl::Duration time) override { return rpc_->Answers(time); }

  std::string address() const override { return address_; }
  std::string ops_address() const override { return ops_address_; }

  absl::Status Reload() override {
    reloader_->ReloadAll();
    absl::MutexLock lock(&audit_mutex_);
    return audit_ == nullptr ? absl::OkStatus() : audit_->Reopen();
  }

  void Shutdown() override {
    gate_.Stop();
    if (is_shut_down_) return;
    is_shut_down_ = true;
    readiness_.StartDraining();
    {
      absl::MutexLock lock(&reports_mutex_);
      reports_ = false;
    }
    // A start that hangs in a call to another machine still uses many members of this object.
    const bool start_ended = !starter_.joinable() || gate_.AwaitFinish(kNotice);
    reloader_->Stop();
    if (start_ended && monitor_.has_value()) monitor_->Stop();
    if (start_ended && sweeper_.has_value()) sweeper_->Stop();
    if (health_ != nullptr) health_->SetServing(false);
    // Calls wait for carriers, and drain as others do.
    if (messages_ != nullptr) messages_->Stop();
    if (rpc_ != nullptr) rpc_->Shutdown(options_.drain_timeout);
    health_.reset();
    ops_.reset();
    if (!start_ended) return;
    if (starter_.joinable()) starter_.join();
    Close();
  }

 private:
  // Does everything that can fail by itself, before anything is made or reached.
  absl::Status Listen() {
    TWOFOLD_RETURN_IF_ERROR(CheckFilesApart(options_));
    TWOFOLD_RETURN_IF_ERROR(CheckStores(options_));
    TWOFOLD_ASSIGN_OR_RETURN(messages_, OpenCarriers(options_));
    TWOFOLD_RETURN_IF_ERROR(callers_.Load());
    callers_.ReloadWith(*reloader_);
    AuditSettings audit_settings;
    audit_settings.destination = options_.audit_log;
    audit_settings.used_otherwise = FilesBesideAuditLog(options_);
    audit_settings.required = options_.audit_required;
    TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<AuditLog> audit, OpenAuditLog(audit_settings, clock_));
    {
      absl::MutexLock lock(&audit_mutex_);
      audit_ = std::move(audit);
    }
    readiness_.AlsoAsk("storage", [this] { return CheckLease(); });
    readiness_.AlsoAsk("audit", [this] { return audit_->CheckReady(); });
    const auto ready = [this] { return readiness_.Check().ok(); };
    observer_.emplace(*audit_, *metrics_);
    AddMetrics();
    if (!options_.ops_listen.empty()) {
      OpsPages pages{[this] { return metrics_->RenderText(); }, [this] { return readiness_.Check(); }};
      TWOFOLD_ASSIGN_OR_RETURN(ops_, StartOpsServer(options_.ops_listen, std::move(pages)));
      ops_address_ = ops_->address();
    }
    const SocketAccess access{options_.listen_mode, options_.listen_group};
    if (!options_.health_listen.empty()) {
      TWOFOLD_ASSIGN_OR_RETURN(health_, StartHealthServer(options_.health_listen, access, ready));
    }
    RpcServerSettings settings;
    settings.listen = options_.listen;
    settings.access = access;
    settings.max_connections = options_.max_connections;
    settings.tls = callers_.tls();
    settings.caller_header = options_.caller_header;
    settings.threads = options_.threads;
    settings.reflection = options_.reflection;
    settings.ready = ready;
    settings.further_service = extras_.service;
    TWOFOLD_ASSIGN_OR_RETURN(rpc_, StartRpcServer(settings, *observer_, callers_.access()));
    address_ = rpc_->address();
    return absl::OkStatus();
  }

  void AddMetrics() {
    metrics_->AddCounter("twofold_log_dropped_total", "Lines of the log that were never written.",
                         [] { return static_cast<double>(StderrWriter().dropped()); });
    metrics_->AddCounter("twofold_audit_dropped_total", "Audit events that were never written.",
                         [this] { return static_cast<double>(audit_->dropped()); });
    metrics_->AddCounter("twofold_swept_records_total", "Records of abandoned enrolments that were removed.",
                         [this] { return static_cast<double>(swept_.load()); });
    metrics_->AddGauge("twofold_primary_key_id",
                       "The id of the key that seals new secrets. It is 0 before the key ring is loaded.",
                       [this] { return static_cast<double>(primary_key_id_.load()); });
    if (callers_.tls() != nullptr) {
      metrics_->AddGauge(
          "twofold_tls_certificate_days_left", "Days until the server's certificate expires.",
          [this] { return absl::FDivDuration(callers_.CertificateTimeLeft(), absl::Hours(24)); });
    }
    metrics_->AddGauge("twofold_reload_ok", "1 if every last reload of a changed file succeeded, else 0.",
                       [this] { return reloader_->AllSucceeded() ? 1.0 : 0.0; });
    if (messages_ != nullptr) {
      for (const v1::MethodType type : {v1::METHOD_TYPE_SMS, v1::METHOD_TYPE_EMAIL}) {
        metrics_->AddGauge(absl::StrCat("twofold_", MethodTypeName(type), "_waiting"),
                           "Messages that wait for the carrier or are being handed to it.",
                           [this, type] { return static_cast<double>(messages_->counters(type).waiting); });
      }
    }
    for (const char* condition : {"storage", "limiter"}) {
      metrics_->AddGauge(std::string("twofold_") + condition + "_ready", "1 if it works, else 0.",
                         [this, condition] { return readiness_.Holds(condition) ? 1.0 : 0.0; });
    }
  }

  // Runs on the starting thread. After a stop its result is ignored.
  absl::Status OpenAndServe() {
    started_ = SteadyClock::now();
    StoresPatience patience;
    patience.wait = [this](absl::string_view what, const absl::Status& why) { return Wait(what, why); };
    patience.before_try = [this](absl::string_view what) {
      const SteadyClock::time_point limit = started_ + absl::ToChronoNanoseconds(options_.start_timeout);
      gate_.BeginReaching(what, std::max(limit, SteadyClock::now()) + absl::ToChronoNanoseconds(kNotice));
    };
    patience.after_try = [this] { gate_.EndReaching(); };
    patience.may_make = [this] { return gate_.BeginMaking(); };
    absl::StatusOr<Stores> stores = OpenStores(options_, clock_, random_, patience);
    gate_.EndMaking();
    if (!stores.ok()) return WhyNot(stores.status());
    LogWhatWasMade(*stores);
    NoteRelyingParty(*stores);
    if (extras_.prepare) TWOFOLD_RETURN_IF_ERROR(extras_.prepare(*stores));
    if (!gate_.BeginMaking()) return absl::OkStatus();
    stores_ = *std::move(stores);
    lease_.Renew(stores_->seen);
    primary_key_id_ = stores_->ring->primary_key_id();
    engine_.emplace(Engine::Parts{limits_, stores_->ring, authenticators_, *stores_->storage,
                                  *stores_->limiter, *stores_->gate, hashes_, pictures_, clock_, random_,
                                  stores_->store_id, lease_, messages_.get(), options_.prompt_url});
    rpc_->Serve(*engine_);
    gate_.EndMaking();
    monitor_.emplace(*stores_->storage, stores_->store_id, lease_, *stores_->limiter, *audit_, readiness_,
                     SystemClock(),
                     MonitorReports{[this](bool serving) { Report(serving); }, [this] { WakeLoops(); },
                                    [this] { return engine_->ring(); }});
    sweeper_.emplace(*stores_->storage, lease_, limits_, clock_, SweepPace(), swept_);
    WatchKeyRing(*stores_, *engine_);
    Announce();
    return absl::OkStatus();
  }

  void WatchKeyRing(Stores& stores, Engine& engine) {
    if (stores.key_source == nullptr) return;
    const auto use = [this, &engine](const std::shared_ptr<const KeyRing>& ring) {
      engine.UseRing(ring);
      primary_key_id_ = ring->primary_key_id();
    };
    reloader_->Add({"key ring", {stores.key_source->file()}, [&stores, &engine, use] {
                      return ReloadKeyRing(*stores.key_source, *stores.storage, *engine.ring(), use);
                    }});
    // The file may have changed since the start began.
    reloader_->ReloadAll();
  }

  bool Wait(absl::string_view what, const absl::Status& why) {
    Announce();
    readiness_.Set(what, absl::UnavailableError(why.message()));
    const SteadyClock::time_point now = SteadyClock::now();
    const absl::Duration left = options_.start_timeout - absl::FromChrono(now - started_);
    if (left <= absl::ZeroDuration()) return false;
    if (!said_.has_value()) {
      LogWarning("waiting for the ", what, ", for up to ", absl::FormatDuration(options_.start_timeout), ": ",
                 why.message());
      said_ = now;
    } else if (absl::FromChrono(now - *said_) >= kSayEvery) {
      LogWarning("still waiting for the ", what, ": ", why.message());
      said_ = now;
    }
    return gate_.Pause(std::min(kTryEvery, left));
  }

  absl::Status WhyNot(const absl::Status& status) const {
    // Announced before: it was waited for.
    if (!announced_ || !(absl::IsUnavailable(status) || absl::IsUnknown(status))) return status;
    return NotReached(status);
  }

  absl::Status NotReached(const absl::Status& status) const {
    return absl::Status(status.code(),
                        absl::StrCat("not everything could be reached within --start_timeout, which is ",
                                     absl::FormatDuration(options_.start_timeout), ": ", status.message()));
  }

  void NoteRelyingParty(Stores& stores) const {
    const RelyingParty& party = options_.relying_party;
    if (party.id.empty()) return;
    const absl::StatusOr<std::string> before =
        SyncWait(SwapRelyingPartyId(*stores.storage, random_, party.id));
    // Nothing depends on it but this warning.
    if (before.ok() && !before->empty() && *before != party.id) {
      LogWarning("--webauthn_rp_id was ", *before, " and is ", party.id,
                 " now: security keys that were registered for ", *before, " no longer work");
    }
    for (const std::string& origin : party.origins) {
      if (absl::StrContains(origin, absl::StrCat("//", party.id))) continue;
      LogWarning("the origin ", origin, " lies below --webauthn_rp_id ", party.id,
                 ": every page below that host can ask for these keys");
    }
  }

  void LogWhatWasMade(const Stores& stores) const {
    if (options_.keyring == kEphemeralKeyRing) {
      LogWarning("storage and key ring are in memory: they end with this process");
    }
    if (stores.new_ring) LogInfo("made a new key ring: ", options_.keyring);
    if (!stores.new_store) return;
    const std::string made = absl::StrCat("the store was empty: it is now store ", stores.store_id);
    if (stores.excludes_others) {
      LogInfo(made);
    } else {
      LogWarning(made, "; if it held users before, stop and restore it");
    }
  }

  // Logs once it is clear that the start does not fail at once.
  void Announce() {
    if (std::exchange(announced_, true)) return;
    if (!callers_.access().has_policy()) {
      LogWarning(options_.tls_client_ca.empty()
                     ? "callers are not authenticated: everybody who reaches the port has every role"
                     : "there is no policy: everybody with a certificate of the client CA has every role");
    }
    if (!ops_address_.empty()) LogInfo("metrics and probes on http://", ops_address_);
    LogInfo("listening on ", address_);
  }

  void Report(bool serving) {
    absl::MutexLock lock(&reports_mutex_);
    if (!reports_) return;
    rpc_->SetServing(serving);
    if (health_ != nullptr) health_->SetServing(serving);
  }

  void WakeLoops() {
    absl::MutexLock lock(&reports_mutex_);
    if (reports_) rpc_->WakeLoops();
  }

  absl::Status CheckLease() const {
    if (lease_.Holds()) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("no check of it has succeeded for ", absl::FormatDuration(kStoreLease)));
  }

  // Closes what no thread uses any more.
  void Close() {
    sweeper_.reset();
    monitor_.reset();
    rpc_.reset();
    engine_.reset();
    observer_.reset();
    {
      absl::MutexLock lock(&audit_mutex_);
      audit_.reset();
    }
    stores_.reset();
  }

  const Options options_;
  const Limits limits_;
  const Clock& clock_;
  Random& random_;
  const ServiceExtras extras_;
  const Authenticators authenticators_ = BuiltinAuthenticators(MethodSettingsOf(options_));
  CallerFiles callers_{
      {options_.tls_cert, options_.tls_key, options_.tls_client_ca}, options_.authz_policy, clock_};
  StartGate gate_;
  // Used by the starting thread only.
  SteadyClock::time_point started_;
  std::optional<SteadyClock::time_point> said_;
  bool announced_ = false;

  bool is_shut_down_ = false;
  std::string address_;
  std::string ops_address_;

  absl::Mutex reports_mutex_;
  // Whether reports of the monitor still reach the health service.
  bool reports_ ABSL_GUARDED_BY(reports_mutex_) = true;

  std::optional<Stores> stores_;
  // Guards audit_ for the thread that opens the file again. Calls end before audit_ is destroyed.
  absl::Mutex audit_mutex_;
  std::unique_ptr<AuditLog> audit_;
  std::atomic<int64_t> swept_{0};
  std::atomic<uint32_t> primary_key_id_{0};
  std::unique_ptr<Metrics> metrics_;
  Readiness readiness_{{"storage", "limiter", "audit"}};
  WorkPool hashes_{kHashThreads, kMaxHashes};
  WorkPool pictures_{kPictureThreads, kMaxPictures, kPictureNiceness};
  StoreLease lease_;
  // Null where no codes are sent. Calls that use it end before it does.
  std::unique_ptr<MessageQueue> messages_;
  std::optional<Engine> engine_;
  std::optional<CallObserver> observer_;
  std::unique_ptr<OpsServer> ops_;
  std::unique_ptr<HealthServer> health_;
  std::unique_ptr<RpcServer> rpc_;
  std::optional<ReadinessMonitor> monitor_;
  std::optional<Sweeper> sweeper_;
  const std::unique_ptr<Reloader> reloader_ = NewReloader();
  std::thread starter_;
};

}  // namespace

std::unique_ptr<Service> NewService(const Options& options, const Clock& clock, Random& random,
                                    const ServiceExtras& extras) {
  // Debian's Abseil checks for deadlocks at every lock, including those of gRPC. That is for tests.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  RouteLibraryLogs();
  return std::make_unique<WholeService>(options, clock, random, extras);
}

}  // namespace twofold
