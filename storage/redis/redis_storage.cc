#include "storage/redis/redis_storage.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "common/status_macros.h"
#include "storage/arguments.h"
#include "storage/keys.h"
#include "storage/redis/client.h"
#include "storage/redis/record_format.h"
#include "storage/redis/redis_gate.h"
#include "storage/redis/redis_rate_limiter.h"
#include "storage/redis/redis_uri.h"
#include "storage/redis/scan_cursor.h"
#include "storage/redis/scripts.h"
#include "storage/redis/slot_sentinels.h"

namespace twofold {
namespace {

using redis::Call;
using redis::Client;
using redis::Reply;
using redis::ScanCursor;

// "tf1:{...}" with nothing after it is a record. Buckets have more.
constexpr absl::string_view kRecordPattern = "tf1:{*}";
// The least number of names that a step of SCAN visits. They include buckets and the sentinels of
// slots.
constexpr int kNamesAtOnce = 100;
// After so many steps without a record a page is empty. That happens among very many keys that are
// not records.
constexpr int kMaxEmptySteps = 1000;

// The error of a command that only reads, whose outcome does not matter.
absl::Status ReadError(const absl::Status& status) { return absl::UnavailableError(status.message()); }

class RedisStorage final : public Storage {
 public:
  RedisStorage(std::shared_ptr<Client> client, bool has_slots, std::function<void(const std::string&)> warn)
      : client_(std::move(client)), has_slots_(has_slots), warn_(std::move(warn)) {}

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override {
    const absl::Status valid = CheckKey(key);
    if (!valid.ok()) co_return valid;
    Call call("GET", FlatName(key));
    absl::StatusOr<Reply> reply = co_await client_->Send(std::move(call));
    if (!reply.ok()) co_return ReadError(reply.status());
    absl::StatusOr<VersionedBytes> record = redis::RecordIn(*reply);
    if (has_slots_ && absl::IsNotFound(record.status())) co_return co_await Missing(FlatName(key));
    co_return record;
  }

  Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) override {
    const absl::Status valid = CheckPut(key, bytes, next);
    if (!valid.ok()) co_return valid;
    std::vector<std::string> arguments;
    arguments.push_back(redis::VersionBytes(expected));
    arguments.push_back(absl::StrCat(redis::VersionBytes(next), bytes));
    Call call(redis::kPutScript, FlatName(key), std::move(arguments));
    const absl::StatusOr<Reply> reply = co_await client_->Send(std::move(call));
    co_return OutcomeOf(reply);
  }

  Task<absl::Status> Delete(std::string key, Version expected) override {
    const absl::Status valid = CheckDelete(key, expected);
    if (!valid.ok()) co_return valid;
    std::vector<std::string> arguments;
    arguments.push_back(redis::VersionBytes(expected));
    Call call(redis::kDeleteScript, FlatName(key), std::move(arguments));
    const absl::StatusOr<Reply> reply = co_await client_->Send(std::move(call));
    co_return OutcomeOf(reply);
  }

  Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) override;

  // Writes the sentinels of a Cluster's slots.
  Task<absl::Status> Prepare() {
    // The sentinel in the slot of the store's marker comes last, so that its presence means that
    // all are there.
    auto writing = redis::WriteSlotSentinels(*client_, FlatName(StoreMarkerKey()));
    absl::Status written = co_await std::move(writing);
    if (written.ok()) prepared_ = true;
    co_return written;
  }

  Task<absl::Status> CheckReady() override { return client_->CheckReady(); }

 private:
  static absl::Status OutcomeOf(const absl::StatusOr<Reply>& reply) {
    if (!reply.ok()) return reply.status();
    if (reply->type != Reply::Type::kInteger) return absl::UnknownError("Redis answered a script strangely");
    return reply->integer == 1 ? absl::OkStatus() : absl::AbortedError("the record has another version");
  }

  // Why there is no record called `name`.
  Task<absl::Status> Missing(std::string name) {
    const absl::StatusOr<bool> has_sentinel = co_await redis::HasSlotSentinel(*client_, name);
    if (!has_sentinel.ok()) co_return ReadError(has_sentinel.status());
    if (*has_sentinel) co_return absl::NotFoundError("no such record");
    const std::string why = "a master of the cluster holds nothing where it held records: it was emptied";
    if (prepared_ && !warned_.exchange(true)) warn_(why);
    co_return absl::DataLossError(why);
  }

  Task<absl::Status> MoreNames(redis::Endpoint master, int limit, ScanCursor& at);
  Task<absl::Status> ReadNames(redis::Endpoint master, int limit, ScanCursor& at, ScanPage& page);

  const std::shared_ptr<Client> client_;
  const bool has_slots_;
  const std::function<void(const std::string&)> warn_;
  // Set by Prepare. Before that, a slot without its sentinel may belong to a new store.
  std::atomic<bool> prepared_{false};
  std::atomic<bool> warned_{false};
};

// Takes one step of SCAN, which returns any number of names.
Task<absl::Status> RedisStorage::MoreNames(redis::Endpoint master, int limit, ScanCursor& at) {
  redis::Request request;
  request.bytes = redis::Encode({"SCAN", absl::StrCat(at.position), "MATCH", kRecordPattern, "COUNT",
                                 absl::StrCat(std::max(limit, kNamesAtOnce))});
  const absl::StatusOr<Reply> reply = co_await client_->SendTo(std::move(master), std::move(request));
  if (!reply.ok()) co_return ReadError(reply.status());
  if (reply->elements.size() != 2 || !absl::SimpleAtoi(reply->elements[0].text, &at.position)) {
    co_return absl::UnavailableError("Redis answered SCAN strangely");
  }
  at.master_done = at.position == 0;
  for (const Reply& name : reply->elements[1].elements) {
    if (KeyOfFlatName(name.text).has_value()) at.names.push_back(name.text);
  }
  co_return absl::OkStatus();
}

// Moves names from the cursor into the page, as records, until one of them is empty or full.
Task<absl::Status> RedisStorage::ReadNames(redis::Endpoint master, int limit, ScanCursor& at,
                                           ScanPage& page) {
  size_t bytes = 0;
  size_t taken = 0;
  for (; taken < at.names.size() && page.records.size() < static_cast<size_t>(limit) && bytes < kMaxPageBytes;
       ++taken) {
    redis::Request request;
    request.bytes = redis::Encode({"GET", at.names[taken]});
    const absl::StatusOr<Reply> reply = co_await client_->SendTo(master, std::move(request));
    if (!reply.ok()) co_return ReadError(reply.status());
    // Deleted meanwhile.
    if (reply->type == Reply::Type::kNil) continue;
    absl::StatusOr<VersionedBytes> record = redis::ReadRecord(reply->text);
    if (!record.ok()) co_return record.status();
    KeyedBytes keyed;
    keyed.key = KeyOfFlatName(at.names[taken]).value_or("");
    keyed.version = record->version;
    keyed.bytes = std::move(record->bytes);
    bytes += keyed.bytes.size();
    page.records.push_back(std::move(keyed));
  }
  at.names.erase(at.names.begin(), at.names.begin() + static_cast<std::ptrdiff_t>(taken));
  co_return absl::OkStatus();
}

Task<absl::StatusOr<ScanPage>> RedisStorage::Scan(std::string cursor, int limit) {
  const absl::Status valid = CheckScanLimit(limit);
  if (!valid.ok()) co_return valid;
  const std::shared_ptr<const redis::Topology> topology = client_->topology();
  ScanCursor at;
  at.topology = topology->Fingerprint();
  if (!cursor.empty()) {
    const absl::StatusOr<ScanCursor> parsed = redis::ParseCursor(cursor);
    if (!parsed.ok()) co_return parsed.status();
    if (parsed->topology != at.topology || parsed->master >= topology->masters().size()) {
      co_return absl::UnavailableError("the servers of the deployment changed; begin the scan again");
    }
    at = *parsed;
  }
  ScanPage page;
  const std::vector<redis::Endpoint>& masters = topology->masters();
  // A step may find nothing that is ours, and a master may hold nothing at all.
  for (int step = 0; step < kMaxEmptySteps && page.records.empty() && at.master < masters.size(); ++step) {
    const redis::Endpoint master = masters[at.master];
    if (at.names.empty() && !at.master_done) {
      const absl::Status more = co_await MoreNames(master, limit, at);
      if (!more.ok()) co_return more;
    }
    const absl::Status read = co_await ReadNames(master, limit, at, page);
    if (!read.ok()) co_return read;
    if (at.names.empty() && at.master_done) {
      ++at.master;
      at.position = 0;
      at.master_done = false;
    }
  }
  if (at.master < masters.size()) page.next_cursor = redis::FormatCursor(at);
  co_return page;
}

}  // namespace

absl::StatusOr<OpenedStorage> OpenRedisStorage(const BackendUri& uri,
                                               std::function<void(const std::string&)> warn,
                                               const Clock* clock) {
  TWOFOLD_ASSIGN_OR_RETURN(redis::RedisUri parsed, redis::ParseRedisUri(uri));
  const bool has_slots = parsed.deployment == redis::Deployment::kCluster;
  const bool counts_here = !has_slots && parsed.min_replicas == 0;
  TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<Client> opened_client,
                           Client::Open(std::move(parsed), redis::Purpose::kStorage, warn));
  const std::shared_ptr<Client> client = std::move(opened_client);
  auto storage = std::make_unique<RedisStorage>(client, has_slots, std::move(warn));
  OpenedStorage opened;
  if (has_slots) opened.prepare = [&storage = *storage] { return storage.Prepare(); };
  opened.storage = std::move(storage);
  if (counts_here) {
    opened.limiter = redis::NewRedisRateLimiter(client, has_slots, clock);
    opened.gate = redis::NewRedisGate(client, clock);
  }
  return opened;
}

absl::Status CheckRedisUri(const BackendUri& uri) { return redis::ParseRedisUri(uri).status(); }

}  // namespace twofold
