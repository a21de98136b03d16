#include "server/engine/engine.h"

#include <utility>

#include "common/async.h"
#include "crypto/system_random.h"
#include "server/errors.h"
#include "server/rules/idempotency.h"
#include "server/rules/record.h"
#include "server/store/marker.h"

namespace twofold {
namespace {

using internal::v1::PastRequest;

void Note(const Draft& draft, CallFacts& facts) {
  facts.cause = draft.cause;
  facts.method_id = draft.method_id;
  facts.grant_id = draft.grant_id;
  facts.accepted_code = !draft.accepted_id.empty() && draft.accepted_id == draft.method_id;
  if (draft.version != kAbsent) facts.consecutive_failures = draft.record.budget().consecutive_failures();
  const internal::v1::Method* method = FindMethod(draft.record, draft.method_id);
  if (method != nullptr) {
    facts.method_type = method->type();
    facts.dial_prefix = method->sent_code().dial_prefix();
  }
  if (!draft.delivery.has_value()) return;
  facts.sends_code = true;
  facts.dial_prefix = draft.delivery->dial_prefix;
}

// The record as rules take it. It is empty where nothing is stored.
absl::StatusOr<Draft> MakeDraft(const RuleContext& context, const VersionedBytes& stored) {
  Draft draft;
  if (stored.version == kAbsent) return draft;
  absl::StatusOr<internal::v1::SubjectRecord> record = ParseRecord(stored.bytes);
  if (!record.ok()) return record.status();
  draft.version = stored.version;
  draft.record = *std::move(record);
  draft.changed = Refresh(context.limits, context.now, draft.record);
  return draft;
}

// What a call answers whose request id was used before.
OrWork<absl::Status> Repeat(const RuleContext& context, Operation& operation, const PastRequest& past,
                            Draft& draft) {
  draft.cause = Cause::kRepeated;
  draft.method_id = past.method_id();
  const absl::Status status = RepeatedStatus(past);
  if (!status.ok()) return status;
  return operation.repeat(context, past, draft);
}

// What the rule makes of `stored`: the status of the answer, and `draft` as it is to be written.
OrWork<absl::Status> Decide(RuleContext& context, Operation& operation, const VersionedBytes& stored,
                            Draft& draft) {
  operation.response->Clear();
  absl::StatusOr<Draft> fresh = MakeDraft(context, stored);
  if (!fresh.ok()) return fresh.status();
  draft = *std::move(fresh);
  context.record = &draft.record;
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) return Repeat(context, operation, **past, draft);
  OrWork<absl::Status> decided = operation.decide(context, draft);
  if (decided.needs_work() || !draft.answered.has_value()) return decided;
  const bool is_done = draft.answered->outcome() == PastRequest::OUTCOME_UNSPECIFIED;
  if (is_done && !decided.value().ok()) {
    // The rule failed after it had consumed something. A call that fails changes nothing.
    draft = *MakeDraft(context, stored);
    return decided;
  }
  // What was done is written, also where the rule had no code to consume.
  if (is_done) draft.changed = true;
  draft.answered->set_method_id(draft.method_id);
  RememberRequest(context, *draft.answered, draft.record);
  return decided;
}

}  // namespace

Engine::Engine(Parts parts)
    : parts_(std::move(parts)),
      keys_(std::make_shared<const RingInUse>(parts_.authenticators, parts_.ring, parts_.random)) {}

void Engine::UseRing(std::shared_ptr<const KeyRing> ring) {
  keys_.Set(std::make_shared<const RingInUse>(parts_.authenticators, std::move(ring), parts_.random));
}

PlanContext Engine::NewPlan(absl::string_view caller, const CallerRights& rights) const {
  return PlanContext{parts_.limits, parts_.authenticators, keys_.Get(),       parts_.random, caller,
                     rights,        parts_.prompt_url,     parts_.clock.Now()};
}

Task<absl::Status> Engine::Run(CallFacts& facts, Operation operation) {
  facts.client_address = operation.client_address;
  facts.has_request_id = !operation.request.id.empty();
  WorkResults done;
  const RingInUse& keys = *operation.keys;
  const MethodContext method_context{*keys.ring, parts_.random, operation.subject, operation.now, done};
  RuleContext context{method_context, parts_.limits, parts_.authenticators, keys.decoys, operation.request};
  const std::string& key = operation.subject.key;

  if (!operation.filled.empty()) {
    const absl::Status filled = co_await parts_.limiter.Fill(operation.filled);
    if (!filled.ok()) co_return LimiterUnavailableError();
  }
  absl::StatusOr<VersionedBytes> loaded = co_await AcquireAndLoad(operation.buckets, key);
  SubjectTurns::Turn turn;
  int tries = 0;
  bool may_send = false;
  while (tries < parts_.limits.max_tries) {
    if (!loaded.ok()) co_return loaded.status();
    // Reading may have taken long, and a rule may answer without a write.
    if (!parts_.lease.Holds()) co_return StorageUnavailableError();
    Draft draft;
    OrWork<absl::Status> decided = Decide(context, operation, *loaded, draft);
    while (decided.needs_work()) {
      const absl::Status worked = co_await DoWork(std::move(decided).work(), done);
      if (!worked.ok()) {
        co_await GiveBack(operation.buckets);
        co_return worked;
      }
      decided = Decide(context, operation, *loaded, draft);
    }
    const absl::Status answer = decided.value();
    Note(draft, facts);
    if (!answer.ok()) draft.delivery.reset();
    if (draft.delivery.has_value() && !may_send) {
      const absl::Status allowed = co_await AcquireSend(*draft.delivery);
      if (!allowed.ok()) co_return allowed;
      may_send = true;
    }
    if (!draft.changed && draft.delivery.has_value()) co_return co_await Send(*std::move(draft.delivery));
    if (!draft.changed) co_return answer;
    if (!turn.held()) {
      // Only now, so that a call that only reads or hashes holds nobody up.
      absl::StatusOr<SubjectTurns::Turn> taken = co_await turns_.Take(key);
      if (!taken.ok()) {
        facts.cause = Cause::kQueue;
        co_await GiveBack(operation.buckets);
        co_return taken.status();
      }
      turn = *std::move(taken);
      if (turn.waited()) {
        // The calls that were first have written.
        loaded = co_await Load(key);
        continue;
      }
    }
    const absl::Status saved = co_await Save(key, draft, operation.now);
    if (saved.ok() && draft.delivery.has_value()) {
      // Later calls about the subject need not wait for the carrier.
      turn = SubjectTurns::Turn();
      co_return co_await Send(*std::move(draft.delivery));
    }
    if (saved.ok()) co_return answer;
    if (!absl::IsAborted(saved)) co_return saved;
    if (++tries < parts_.limits.max_tries) loaded = co_await Load(key);
  }
  facts.cause = Cause::kConflict;
  turn = SubjectTurns::Turn();
  co_await GiveBack(operation.buckets);
  co_return ConflictError();
}

Task<absl::Status> Engine::DoWork(Work work, WorkResults& done) {
  WorkPool& pool = work.pool == Work::Pool::kPictures ? parts_.pictures : parts_.hashes;
  auto flow = pool.Run<std::string>(std::move(work.run));
  absl::StatusOr<std::string> result = co_await std::move(flow);
  if (!result.ok()) co_return result.status();
  done.Add(std::move(work.key), *std::move(result));
  co_return absl::OkStatus();
}

Task<absl::Status> Engine::AcquireSend(const Delivery& delivery) {
  const absl::StatusOr<AcquireResult> acquired = co_await parts_.limiter.Acquire(delivery.buckets);
  if (!acquired.ok()) co_return LimiterUnavailableError();
  if (!acquired->allowed) co_return DeliveryLimitedError(acquired->retry_after);
  co_return absl::OkStatus();
}

Task<absl::Status> Engine::Send(Delivery delivery) {
  if (!delivery.message.has_value()) co_return absl::OkStatus();
  const absl::Duration pause = parts_.limits.send_pause.window;
  if (parts_.sender == nullptr) co_return DeliveryFailedError(pause);
  const absl::Status sent = co_await parts_.sender->Send(*std::move(delivery.message));
  if (sent.ok()) co_return absl::OkStatus();
  co_return absl::IsResourceExhausted(sent) ? OverloadedError() : DeliveryFailedError(pause);
}

Task<void> Engine::GiveBack(std::vector<Bucket> buckets) {
  if (buckets.empty()) co_return;
  // Where that cannot be done, the attempt stays counted.
  const absl::Status given = co_await parts_.limiter.GiveBack(std::move(buckets));
  static_cast<void>(given);
}

Task<absl::StatusOr<VersionedBytes>> Engine::AcquireAndLoad(std::vector<Bucket> buckets,
                                                            const std::string& key) {
  if (buckets.empty()) co_return co_await Load(key);
  // A call that cannot be answered must not cost its user an attempt.
  if (!parts_.lease.Holds()) co_return StorageUnavailableError();
  absl::StatusOr<GatedRead> read = co_await parts_.gate.AcquireAndGet(std::move(buckets), key);
  if (!read.ok()) co_return LimiterUnavailableError();
  if (!read->acquired.allowed) co_return RateLimitedError(read->acquired.retry_after);
  co_return co_await Known(std::move(read->record));
}

Task<absl::StatusOr<VersionedBytes>> Engine::Load(const std::string& key) {
  absl::StatusOr<VersionedBytes> stored = co_await parts_.storage.Get(key);
  co_return co_await Known(std::move(stored));
}

// "No such user" from a store that was emptied would be "no second factor". It is believed only beside the
// store's marker.
Task<absl::StatusOr<VersionedBytes>> Engine::Known(absl::StatusOr<VersionedBytes> stored) {
  if (stored.ok()) co_return stored;
  if (!absl::IsNotFound(stored.status())) co_return StorageUnavailableError();
  const absl::Status same_store = co_await CheckStore(parts_.storage, parts_.store_id);
  if (!same_store.ok()) co_return StorageUnavailableError();
  co_return VersionedBytes();
}

Task<absl::Status> Engine::Save(const std::string& key, const Draft& draft, UnixMillis now) {
  const bool empty = HoldsNothing(draft.record, now);
  if (empty && draft.version == kAbsent) co_return absl::OkStatus();
  // Deciding may have taken long.
  if (!parts_.lease.Holds()) co_return StorageUnavailableError();
  auto write = empty ? Delete(key, draft.version) : Put(key, draft);
  absl::Status written = co_await std::move(write);
  // A write that took longer than the lease may have gone to a store that was moved away meanwhile.
  if (written.ok() && !parts_.lease.Holds()) co_return StorageOutcomeUnknownError();
  if (written.ok() || absl::IsAborted(written)) co_return written;
  co_return absl::IsUnknown(written) ? StorageOutcomeUnknownError() : StorageUnavailableError();
}

Task<absl::Status> Engine::Put(const std::string& key, const Draft& draft) {
  const Version next = RandomNonZero(parts_.random);
  std::string bytes = SerializeRecord(draft.record);
  const absl::Status written = co_await parts_.storage.Put(key, std::move(bytes), draft.version, next);
  if (!absl::IsUnknown(written)) co_return written;
  const absl::StatusOr<VersionedBytes> now_there = co_await parts_.storage.Get(key);
  co_return now_there.ok() && now_there->version == next ? absl::OkStatus() : written;
}

Task<absl::Status> Engine::Delete(const std::string& key, Version version) {
  const absl::Status written = co_await parts_.storage.Delete(key, version);
  if (!absl::IsUnknown(written)) co_return written;
  const absl::StatusOr<VersionedBytes> now_there = co_await parts_.storage.Get(key);
  co_return absl::IsNotFound(now_there.status()) ? absl::OkStatus() : written;
}

}  // namespace twofold
