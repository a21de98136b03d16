#include "server/store/rewrap.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/async.h"
#include "common/steady.h"
#include "crypto/system_random.h"
#include "server/errors.h"
#include "server/methods/sealed.h"
#include "server/rules/grant_record.h"
#include "server/rules/record.h"
#include "server/store/marker.h"
#include "storage/keys.h"

namespace twofold {
namespace {

using internal::v1::Grant;
using internal::v1::Method;
using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

// All writes of a page are under way at once. Storages turn what arrives together into one commit
// or batch, and a login that arrives meanwhile does not wait for more than this.
constexpr int kPageRecords = 32;
constexpr int kCountedAtOnce = 1000;
// A record that others write at the same time is read again.
constexpr int kMaxTries = 16;

// What one record contributes to the totals.
struct RecordTotals {
  int64_t rewrapped = 0;
  int64_t unreadable = 0;
  int64_t newer_records = 0;
  std::map<uint32_t, int64_t> secrets_of_key;
};

void Add(const RecordTotals& record, RewrapTotals& totals) {
  totals.rewrapped += record.rewrapped;
  totals.unreadable += record.unreadable;
  totals.newer_records += record.newer_records;
  for (const auto& [id, count] : record.secrets_of_key) totals.secrets_of_key[id] += count;
}

// One run over the store. Its tasks run on one thread.
class Run {
 public:
  Run(const RewrapParts& parts, RewrapSettings settings, RewrapProgress progress)
      : parts_(parts), settings_(settings), progress_(std::move(progress)) {}

  Task<absl::StatusOr<RewrapTotals>> Go() {
    const absl::Status marker = co_await DoMarker();
    if (!marker.ok()) co_return marker;
    const absl::Status counted = co_await CountSubjects();
    if (!counted.ok()) co_return counted;
    std::string cursor;
    do {
      const absl::StatusOr<ScanPage> page = co_await parts_.storage.Scan(cursor, kPageRecords);
      if (!page.ok()) co_return page.status();
      if (!page->records.empty()) {
        const absl::Status done = co_await DoRecords(page->records, 0, page->records.size());
        if (!done.ok()) co_return done;
      }
      cursor = page->next_cursor;
      const absl::Status goes_on = co_await Report();
      if (!goes_on.ok()) co_return goes_on;
    } while (!cursor.empty());
    co_return totals_;
  }

 private:
  Task<absl::Status> CountSubjects() {
    std::string cursor;
    do {
      const absl::StatusOr<ScanPage> page = co_await parts_.storage.Scan(cursor, kCountedAtOnce);
      if (!page.ok()) co_return page.status();
      for (const KeyedBytes& record : page->records) {
        if (record.key != StoreMarkerKey()) ++totals_.subjects_total;
      }
      cursor = page->next_cursor;
      const absl::Status goes_on = co_await Report();
      if (!goes_on.ok()) co_return goes_on;
    } while (!cursor.empty());
    co_return absl::OkStatus();
  }

  Task<absl::Status> Report() {
    // The executor has other work to do, and a storage that answers at once would keep it from that.
    co_await Await<bool>([](Completion<bool> done) { std::move(done)(true); });
    const TaskRun& run = co_await CurrentRun();
    const CancellationToken* const token = run.token();
    if (token != nullptr && !token->Lasts(SteadyNow())) co_return absl::CancelledError("the call is over");
    if (SteadyNow() < next_report_) co_return absl::OkStatus();
    next_report_ = SteadyAfter(settings_.report_every);
    const bool goes_on = co_await progress_(totals_);
    if (!goes_on) co_return absl::CancelledError("the run was stopped");
    co_return absl::OkStatus();
  }

  Task<absl::Status> DoMarker() {
    for (int tries = 0; tries < kMaxTries; ++tries) {
      const std::shared_ptr<const KeyRing> ring = parts_.ring();
      const absl::StatusOr<uint32_t> key_id =
          co_await SealMarkerAgain(parts_.storage, *ring, parts_.random, settings_.dry_run);
      if (key_id.ok()) {
        ++totals_.secrets_of_key[*key_id];
        co_return absl::OkStatus();
      }
      if (!absl::IsAborted(key_id.status()) && !absl::IsUnknown(key_id.status())) co_return key_id.status();
    }
    co_return absl::UnavailableError("others write the store's marker all the time");
  }

  // Works on [first, last) at once.
  Task<absl::Status> DoRecords(const std::vector<KeyedBytes>& records, size_t first, size_t last) {
    if (last - first == 1) co_return co_await DoRecord(records[first]);
    const size_t middle = first + (last - first) / 2;
    auto both = WhenAll(DoRecords(records, first, middle), DoRecords(records, middle, last));
    const std::pair<absl::Status, absl::Status> results = co_await std::move(both);
    if (!results.first.ok()) co_return results.first;
    co_return results.second;
  }

  Task<absl::Status> DoRecord(const KeyedBytes& stored) {
    if (stored.key == StoreMarkerKey()) co_return absl::OkStatus();
    VersionedBytes seen;
    seen.version = stored.version;
    seen.bytes = stored.bytes;
    for (int tries = 0; tries < kMaxTries; ++tries) {
      RecordTotals totals;
      const std::optional<std::string> sealed = SealAgain(stored.key, seen.bytes, totals);
      absl::Status written;
      if (sealed.has_value()) {
        if (!parts_.lease.Holds()) co_return absl::UnavailableError("the lease on the store does not hold");
        const Version next = RandomNonZero(parts_.random);
        written = co_await parts_.storage.Put(stored.key, *sealed, seen.version, next);
      }
      if (written.ok()) {
        Add(totals, totals_);
        ++totals_.subjects_done;
        co_return absl::OkStatus();
      }
      // Where the outcome is unknown, the record that is there now tells what is left to do.
      if (!absl::IsAborted(written) && !absl::IsUnknown(written)) co_return written;
      absl::StatusOr<VersionedBytes> now_there = co_await parts_.storage.Get(stored.key);
      if (absl::IsNotFound(now_there.status())) co_return absl::OkStatus();
      if (!now_there.ok()) co_return now_there.status();
      seen = *std::move(now_there);
    }
    co_return absl::UnavailableError("others write a record all the time");
  }

  // The record as it is to be written. Nothing if it stays as it is.
  std::optional<std::string> SealAgain(const std::string& key, const std::string& bytes,
                                       RecordTotals& totals) const {
    const std::optional<Subject> subject = SubjectOfKey(key);
    absl::StatusOr<SubjectRecord> record = ParseRecord(bytes);
    if (!record.ok() && ReasonOf(record.status()) == v1::SERVER_UNFIT) {
      ++totals.newer_records;
      return std::nullopt;
    }
    if (!subject.has_value() || !record.ok()) {
      ++totals.unreadable;
      return std::nullopt;
    }
    const std::shared_ptr<const KeyRing> ring = parts_.ring();
    const WorkResults none;
    const MethodContext context{*ring, parts_.random, *subject, parts_.clock.Now(), none};
    for (Method& method : *record->mutable_methods()) {
      if (!method.sealed().empty()) DoMethod(context, method, totals);
    }
    for (Grant& grant : *record->mutable_grants()) {
      if (grant.expire_time() > context.now) DoGrant(context, grant, totals);
    }
    for (const PastRequest& past : record->past_requests()) {
      if (past.time() + parts_.limits.request_id_ttl_ms > context.now) {
        ++totals.secrets_of_key[past.key_id()];
      }
    }
    if (totals.rewrapped == 0) return std::nullopt;
    return SerializeRecord(*record);
  }

  void DoMethod(const MethodContext& context, Method& method, RecordTotals& totals) const {
    if (!context.ring.SealedByPrimary(method.sealed()) && !settings_.dry_run) {
      const Authenticator* const authenticator = parts_.authenticators.Find(method.type());
      absl::StatusOr<SecretBytes> secret = RecordCorruptError();
      if (authenticator != nullptr) secret = OpenSecret(context, *authenticator, method);
      if (secret.ok()) {
        SealSecret(context, *authenticator, *secret, method);
        ++totals.rewrapped;
      } else {
        ++totals.unreadable;
      }
    }
    ++totals.secrets_of_key[KeyRing::KeyIdOf(method.sealed())];
  }

  void DoGrant(const MethodContext& context, Grant& grant, RecordTotals& totals) const {
    if (!settings_.dry_run) {
      const absl::StatusOr<bool> sealed = ResealGrantIfOld(context, grant);
      if (!sealed.ok()) ++totals.unreadable;
      if (sealed.ok() && *sealed) ++totals.rewrapped;
    }
    ++totals.secrets_of_key[KeyRing::KeyIdOf(grant.sealed())];
  }

  const RewrapParts& parts_;
  const RewrapSettings settings_;
  const RewrapProgress progress_;
  RewrapTotals totals_;
  SteadyTime next_report_ = SteadyAfter(settings_.report_every);
};

}  // namespace

Task<absl::StatusOr<RewrapTotals>> Rewrap(const RewrapParts& parts, RewrapSettings settings,
                                          RewrapProgress progress) {
  Run run(parts, settings, std::move(progress));
  co_return co_await run.Go();
}

}  // namespace twofold
