#include "storage/redis/client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asio.hpp"
#include "common/async.h"
#include "common/clock.h"
#include "common/status_macros.h"
#include "storage/redis/discovery.h"
#include "storage/redis/reply_error.h"
#include "storage/redis/tls_client.h"

namespace twofold::redis {
namespace {

// A Cluster moves a slot at most twice while a command is under way. While no master serves a slot,
// as for a moment in a planned failover, the pauses add up to 160 ms.
constexpr int kMaxAttempts = 8;
constexpr absl::Duration kTryAgainAfter = absl::Milliseconds(20);
constexpr absl::Duration kPollInterval = absl::Seconds(1);
// However often PollSoon is called.
constexpr absl::Duration kMinPollInterval = absl::Milliseconds(100);

ConnectionOptions OptionsFor(const RedisUri& uri, const std::shared_ptr<TlsClient>& tls) {
  ConnectionOptions options;
  options.login.credentials = uri.credentials;
  options.login.database = uri.database;
  options.tls = tls;
  options.connect_timeout = uri.connect_timeout;
  options.timeout = uri.timeout;
  return options;
}

ConnectionOptions CommandOptions(const RedisUri& uri, const std::shared_ptr<TlsClient>& tls) {
  ConnectionOptions options = OptionsFor(uri, tls);
  options.min_replicas = uri.min_replicas;
  return options;
}

// Also connects to replicas, to be able to report that they are.
ConnectionOptions MonitorOptions(const RedisUri& uri, const std::shared_ptr<TlsClient>& tls) {
  ConnectionOptions options = OptionsFor(uri, tls);
  options.login.expect_master = false;
  return options;
}

ConnectionOptions SentinelOptions(const RedisUri& uri, const std::shared_ptr<TlsClient>& tls) {
  ConnectionOptions options = MonitorOptions(uri, tls);
  options.login.credentials = uri.sentinel_credentials;
  options.login.database = 0;
  return options;
}

// Callers of a command only need to know that certainly nothing was done.
absl::StatusOr<Reply> WithoutRefusal(absl::StatusOr<Reply> reply) {
  if (!absl::IsFailedPrecondition(reply.status())) return reply;
  return absl::UnavailableError(reply.status().message());
}

uint64_t NextId() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Open(RedisUri uri, Purpose purpose, Warn warn) {
  std::shared_ptr<TlsClient> tls;
  if (uri.tls) {
    TWOFOLD_ASSIGN_OR_RETURN(tls, NewTlsClient(uri.tls_files));
  }
  std::unique_ptr<Client> client(new Client(std::move(uri), purpose, std::move(warn), tls));
  TWOFOLD_RETURN_IF_ERROR(SyncWait(client->PollServers()));
  TWOFOLD_RETURN_IF_ERROR(client->view().unfit);
  asio::post(client->context_, [monitored = client.get()] {
    Start(monitored->context_.get_executor(), monitored->MonitorServers(),
          [](Task<void> ended) { ended.TakeResult(); });
  });
  return client;
}

Client::Client(RedisUri uri, Purpose purpose, Warn warn, const std::shared_ptr<TlsClient>& tls)
    : uri_(std::move(uri)),
      purpose_(purpose),
      warn_(std::move(warn)),
      tls_(tls),
      command_options_(CommandOptions(uri_, tls)),
      id_(NextId()),
      context_(1),
      commands_(context_, command_options_, ThreadConnections::Callers::kAnyThread),
      monitoring_(context_, MonitorOptions(uri_, tls), ThreadConnections::Callers::kAnyThread),
      sentinels_(context_, SentinelOptions(uri_, tls), ThreadConnections::Callers::kAnyThread),
      next_poll_(context_),
      view_{std::make_shared<Topology>(), absl::OkStatus()},
      thread_([this] {
        const auto work = asio::make_work_guard(context_);
        context_.run();
      }) {}

Client::~Client() {
  context_.stop();
  thread_.join();
}

std::shared_ptr<const Topology> Client::topology() const {
  absl::MutexLock lock(&mutex_);
  return view_.topology;
}

Client::View Client::view() const {
  absl::MutexLock lock(&mutex_);
  return view_;
}

void Client::SetUnfit(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  view_.unfit = status;
}

void Client::SetTopology(Topology topology) {
  auto next = std::make_shared<const Topology>(std::move(topology));
  {
    absl::MutexLock lock(&mutex_);
    if (*view_.topology == *next) return;
    view_.topology = next;
  }
  asio::post(context_, [this, next = std::move(next)] {
    commands_.KeepMasters(next);
    monitoring_.KeepMasters(next);
  });
}

ThreadConnections& Client::ConnectionsOf(const asio::any_io_executor& executor,
                                         const std::shared_ptr<const Topology>& topology) {
  ThreadConnections* const here = ThreadConnections::Of(executor, id_, command_options_);
  if (here == nullptr) return commands_;
  here->KeepMasters(topology);
  return *here;
}

void Client::PollSoon() {
  if (poll_wanted_.exchange(true)) return;
  asio::post(context_, [this] { next_poll_.cancel(); });
}

Task<absl::StatusOr<Reply>> Client::SendTo(Endpoint server, Request request) {
  const View now = view();
  if (!now.unfit.ok()) co_return absl::UnavailableError(now.unfit.message());
  const TaskRun& run = co_await CurrentRun();
  ThreadConnections& connections = ConnectionsOf(run.executor(), now.topology);
  request.token = run.token();
  absl::StatusOr<Reply> reply = co_await connections.Send(std::move(server), std::move(request));
  if (!reply.ok()) PollSoon();
  if (reply.ok() && reply->is_error()) co_return StatusOf(reply->text);
  co_return WithoutRefusal(std::move(reply));
}

Task<absl::StatusOr<Reply>> Client::Send(Call call) {
  const View now = view();
  if (!now.unfit.ok()) co_return absl::UnavailableError(now.unfit.message());
  const TaskRun& run = co_await CurrentRun();
  ThreadConnections& connections = ConnectionsOf(run.executor(), now.topology);
  std::optional<Endpoint> target = now.topology->MasterOf(call.key());
  bool whole = false;
  bool asking = false;
  absl::Status refused;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    if (!target.has_value()) {
      refused = absl::UnavailableError("no master of the cluster serves this slot");
      co_await PauseForTopology();
      target = topology()->MasterOf(call.key());
      continue;
    }
    Request request = call.ToRequest(whole, asking);
    request.token = run.token();
    asking = false;
    absl::StatusOr<Reply> reply = co_await connections.Send(*target, std::move(request));
    if (!reply.ok()) PollSoon();
    if (!reply.ok() || !reply->is_error()) co_return WithoutRefusal(std::move(reply));
    refused = StatusOf(reply->text);
    const ErrorKind kind = KindOf(reply->text);
    if (kind == ErrorKind::kNoScript) {
      whole = true;
    } else if (kind == ErrorKind::kMoved || kind == ErrorKind::kAsk) {
      target = RedirectOf(reply->text, *target);
      asking = kind == ErrorKind::kAsk;
      if (!asking) PollSoon();
    } else if (kind == ErrorKind::kTryAgain) {
      co_await PauseForTopology();
      // During a move both servers have some of the keys. The old server knows where each key is.
      target = topology()->MasterOf(call.key());
    } else {
      if (kind == ErrorKind::kWrongServer) PollSoon();
      co_return refused;
    }
  }
  co_return refused;
}

Task<void> Client::PauseForTopology() {
  PollSoon();
  co_await Sleep(context_.get_executor(), kTryAgainAfter);
}

Task<absl::Status> Client::CheckReady() {
  absl::Status last = absl::UnavailableError("no master is known");
  const std::shared_ptr<const Topology> now = topology();
  for (const Endpoint& master : now->masters()) {
    // One working master suffices, so that its users are served although another master is gone.
    absl::Status ready = co_await CheckMaster(master);
    if (ready.ok()) co_return ready;
    last = std::move(ready);
  }
  co_return last;
}

Task<absl::Status> Client::CheckMaster(const Endpoint& master) {
  // Redis refuses PING while it loads its data. It does not refuse TIME.
  Request ping = RequestOf({"PING"});
  const absl::StatusOr<Reply> alive = co_await SendTo(master, std::move(ping));
  if (!alive.ok()) co_return absl::UnavailableError(alive.status().message());
  Request time = RequestOf({"TIME"});
  const UnixMillis asked = SystemClock().Now();
  const absl::StatusOr<Reply> told = co_await SendTo(master, std::move(time));
  if (!told.ok()) co_return absl::UnavailableError(told.status().message());
  const absl::Status together =
      CheckClock(*told, absl::FromUnixMillis(asked), absl::FromUnixMillis(SystemClock().Now()));
  if (together.ok()) co_return together;
  co_return absl::UnavailableError(absl::StrCat("Redis at ", master.ToString(), " ", together.message()));
}

Task<absl::Status> Client::PollServers() {
  std::vector<Endpoint> known = topology()->masters();
  auto discovery = Discover(uri_, monitoring_, sentinels_, std::move(known));
  absl::StatusOr<Topology> found = co_await std::move(discovery);
  if (!found.ok()) co_return found.status();
  const std::vector<Endpoint> masters = found->masters();
  SetTopology(*std::move(found));
  absl::Status unreachable;
  absl::Status unfit;
  for (const Endpoint& master : masters) {
    Request info = RequestOf({"INFO"});
    Request config = RequestOf({"CONFIG", "GET", "appendfsync"});
    const absl::StatusOr<Reply> told = co_await monitoring_.Send(master, std::move(info));
    const absl::StatusOr<Reply> setting = co_await monitoring_.Send(master, std::move(config));
    if (!told.ok() || !setting.ok()) {
      NoteReason((told.ok() ? setting : told).status(), unreachable);
      continue;
    }
    if (told->is_error()) {
      const std::string why = absl::StrCat(StatusOf(told->text).message(), ", asked for INFO");
      const bool refused = KindOf(told->text) == ErrorKind::kRefused;
      NoteReason(refused ? absl::FailedPreconditionError(why) : absl::UnavailableError(why), unreachable);
      continue;
    }
    const ServerFacts facts = ReadFacts(told->text, *setting);
    if (facts.role != "master" && uri_.deployment != Deployment::kSingle) {
      // The source that named it is out of date. Connections refuse it, and other masters serve
      // their users.
      NoteReason(absl::UnavailableError(absl::StrCat("Redis at ", master.ToString(), " is a replica")),
                 unreachable);
      PollSoon();
      continue;
    }
    const absl::Status fit = CheckFit(facts);
    if (fit.ok()) {
      WarnOnce(master, facts);
    } else {
      unfit = absl::FailedPreconditionError(absl::StrCat("Redis at ", master.ToString(), " ", fit.message()));
    }
  }
  // The last finding stands until a poll of all masters contradicts it.
  if (!unfit.ok() || unreachable.ok()) SetUnfit(unfit);
  co_return unreachable;
}

void Client::WarnOnce(const Endpoint& server, const ServerFacts& facts) {
  for (const std::string& warning : WarningsFor(facts, purpose_, uri_.min_replicas)) {
    std::string line = absl::StrCat("Redis at ", server.ToString(), " ", warning);
    if (std::find(warned_.begin(), warned_.end(), line) != warned_.end()) continue;
    warn_(line);
    warned_.push_back(std::move(line));
  }
}

void Client::RefreshTls() {
  if (tls_ == nullptr) return;
  absl::Status refreshed = tls_->Refresh();
  if (refreshed == tls_refreshed_) return;
  if (!refreshed.ok()) {
    warn_(absl::StrCat("Redis: what was read before stays in force, since a file cannot be used: ",
                       refreshed.message()));
  }
  tls_refreshed_ = std::move(refreshed);
}

Task<void> Client::MonitorServers() {
  for (;;) {
    // A timer of its own, because PollSoon cancels next_poll_.
    co_await Sleep(context_.get_executor(), kMinPollInterval);
    if (!poll_wanted_.exchange(false)) {
      next_poll_.expires_after(absl::ToChronoNanoseconds(kPollInterval));
      co_await Await<asio::error_code>(
          [this](Completion<asio::error_code> done) { next_poll_.async_wait(std::move(done)); });
      poll_wanted_.store(false);
    }
    RefreshTls();
    const absl::Status polled = co_await PollServers();
    static_cast<void>(polled);
  }
}

}  // namespace twofold::redis
