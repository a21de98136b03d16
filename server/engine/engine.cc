#include "server/engine/engine.h"

#include <utility>

#include "common/async.h"
#include "crypto/system_random.h"
#include "server/engine/admission.h"
#include "server/engine/errors.h"
#include "server/engine/record.h"
#include "server/engine/store_marker.h"
#include "server/qr/qr_code.h"

namespace twofold {
namespace {

void Note(const Draft& draft, CallFacts& facts) {
  facts.cause = draft.cause;
  facts.method_id = draft.method_id;
  if (draft.version != kAbsent) facts.consecutive_failures = draft.record.budget().consecutive_failures();
  if (draft.method_id == kBackupMethodId) facts.method_type = v1::METHOD_TYPE_BACKUP_CODES;
  const internal::v1::Device* device = FindDevice(draft.record, draft.method_id);
  if (device != nullptr) facts.method_type = device->type();
}

// A record as rules take it; an empty one where nothing is stored.
absl::StatusOr<Draft> MakeDraft(const Limits& limits, UnixMillis now, const VersionedBytes& stored) {
  Draft draft;
  if (stored.version == kAbsent) return draft;
  absl::StatusOr<internal::v1::SubjectRecord> record = ParseRecord(stored.bytes);
  if (!record.ok()) return record.status();
  draft.version = stored.version;
  draft.record = *std::move(record);
  draft.changed = Refresh(limits, now, draft.record);
  return draft;
}

absl::Status AddQr(v1::QrFormat format, const absl::StatusOr<std::string>& image,
                   v1::EnrollResponse& response) {
  if (!image.ok()) return absl::InternalError("the QR code cannot be drawn");
  if (format == v1::QR_FORMAT_PNG) response.set_qr_png(*image);
  if (format == v1::QR_FORMAT_SVG) response.set_qr_svg(*image);
  if (format == v1::QR_FORMAT_TEXT) response.set_qr_text(*image);
  return absl::OkStatus();
}

QrImage ImageOf(v1::QrFormat format) {
  if (format == v1::QR_FORMAT_PNG) return QrImage::kPng;
  return format == v1::QR_FORMAT_SVG ? QrImage::kSvg : QrImage::kText;
}

}  // namespace

Engine::Engine(Parts parts) : parts_(std::move(parts)), decoy_(parts_.ring, parts_.random) {}

template <typename Response>
Task<absl::StatusOr<Response>> Engine::Run(CallFacts& facts, absl::StatusOr<Change<Response>> planned) {
  if (!planned.ok()) co_return planned.status();
  Change<Response>& change = *planned;
  facts.client_address = change.client_address.network;
  facts.has_request_id = !change.request.id.empty();

  const UnixMillis now = parts_.clock.Now();
  const RuleContext context{parts_.limits, parts_.ring,    parts_.kinds,   decoy_,
                            parts_.random, change.subject, change.request, now};
  if (change.fills_buckets) {
    const absl::Status filled = co_await parts_.limiter.Fill(OwnBucketsOf(parts_.limits, change.subject));
    if (!filled.ok()) co_return LimiterUnavailableError();
  }
  const auto buckets = [&] {
    return BucketsOf(parts_.limits, change.subject, change.meter, change.client_address);
  };
  absl::StatusOr<VersionedBytes> loaded = co_await AcquireAndLoad(buckets(), change.subject.key);
  Evidence evidence;
  SubjectTurns::Turn turn;
  int tries = 0;
  while (tries < parts_.limits.max_tries) {
    if (!loaded.ok()) co_return loaded.status();
    // Reading may have taken long.
    if (!parts_.lease.Holds()) co_return StorageUnavailableError();
    absl::StatusOr<Draft> drafted = MakeDraft(parts_.limits, now, *loaded);
    if (!drafted.ok()) co_return drafted.status();
    absl::StatusOr<Response> answer = change.decide(context, evidence, *drafted);
    while (drafted->need.kind != Need::Kind::kNothing) {
      const absl::Status supplied = co_await Supply(drafted->need, change.backup_code, evidence);
      if (!supplied.ok()) co_return supplied;
      // Whatever the rule did to it before it asked is void.
      drafted = MakeDraft(parts_.limits, now, *loaded);
      answer = change.decide(context, evidence, *drafted);
    }
    const Draft& draft = *drafted;
    Note(draft, facts);
    if (!draft.changed) co_return answer;
    if (!turn.held()) {
      // Only now, so that what only reads or hashes holds nobody up.
      absl::StatusOr<SubjectTurns::Turn> taken = co_await turns_.Take(change.subject.key);
      if (!taken.ok()) {
        facts.cause = "queue";
        co_await GiveBack(buckets());
        co_return taken.status();
      }
      turn = *std::move(taken);
      if (turn.waited()) {
        // Those who had the turn have written.
        loaded = co_await Load(change.subject.key);
        continue;
      }
    }
    const absl::Status saved = co_await Save(change.subject.key, draft, now);
    if (saved.ok()) co_return answer;
    if (saved.code() != absl::StatusCode::kAborted) co_return saved;
    if (++tries < parts_.limits.max_tries) loaded = co_await Load(change.subject.key);
  }
  facts.cause = "conflict";
  turn = SubjectTurns::Turn();
  co_await GiveBack(buckets());
  co_return ConflictError();
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
  if (!parts_.lease.Holds()) co_return StorageUnavailableError();
  absl::StatusOr<GatedRead> read = co_await parts_.gate.AcquireAndGet(std::move(buckets), key);
  if (!read.ok()) co_return LimiterUnavailableError();
  if (!read->acquired.allowed) co_return RateLimitedError(read->acquired.retry_after);
  co_return co_await Known(std::move(read->record));
}

Task<absl::StatusOr<VersionedBytes>> Engine::Load(const std::string& key) {
  if (!parts_.lease.Holds()) co_return StorageUnavailableError();
  absl::StatusOr<VersionedBytes> stored = co_await parts_.storage.Get(key);
  co_return co_await Known(std::move(stored));
}

// "No such user" from a store that was emptied would be "no second factor": believed only beside the marker.
Task<absl::StatusOr<VersionedBytes>> Engine::Known(absl::StatusOr<VersionedBytes> stored) {
  if (stored.ok()) co_return stored;
  if (!absl::IsNotFound(stored.status())) co_return StorageUnavailableError();
  const absl::Status same_store = co_await CheckStore(parts_.storage, parts_.store_id);
  if (!same_store.ok()) co_return StorageUnavailableError();
  co_return VersionedBytes();
}

Task<absl::Status> Engine::Supply(const Need& need, const std::string& backup_code, Evidence& evidence) {
  if (need.kind == Need::Kind::kTypedHash) {
    auto hash = [&] { return TypedHash(backup_code, need.salt, need.iterations); };
    absl::StatusOr<TypedHash> hashed = co_await parts_.hashes.Run<TypedHash>(hash);
    if (!hashed.ok()) co_return hashed.status();
    evidence.typed_hash = *std::move(hashed);
    co_return absl::OkStatus();
  }
  auto generate = [&] {
    return GenerateBackupCodes(parts_.random, need.count, parts_.limits.backup_hash_iterations);
  };
  absl::StatusOr<NewBackupCodes> made = co_await parts_.hashes.Run<NewBackupCodes>(generate);
  if (!made.ok()) co_return made.status();
  evidence.new_codes = *std::move(made);
  co_return absl::OkStatus();
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

Task<absl::StatusOr<v1::EnrollResponse>> Engine::Handle(CallFacts& facts, const v1::EnrollRequest& request) {
  NameSubject(request, facts);
  return WithQr(request.qr_format(),
                Run(facts, PlanChange(parts_.limits, parts_.random, facts.caller, request)));
}

Task<absl::StatusOr<v1::EnrollResponse>> Engine::WithQr(v1::QrFormat format,
                                                        Task<absl::StatusOr<v1::EnrollResponse>> enrolled) {
  const bool wants_picture = format != v1::QR_FORMAT_UNSPECIFIED && format != v1::QR_FORMAT_NONE;
  // Before anything is stored: `enrolled` has not begun yet.
  if (wants_picture && parts_.pictures.IsFull()) co_return OverloadedError();
  absl::StatusOr<v1::EnrollResponse> response = co_await std::move(enrolled);
  if (!response.ok() || !wants_picture) co_return response;
  auto render = [&] { return RenderQr(ImageOf(format), response->otpauth_uri()); };
  const absl::StatusOr<absl::StatusOr<std::string>> image =
      co_await parts_.pictures.Run<absl::StatusOr<std::string>>(render);
  if (!image.ok()) co_return image.status();
  const absl::Status added = AddQr(format, *image, *response);
  if (!added.ok()) co_return added;
  co_return response;
}

// The responses that RPCs have.
template Task<absl::StatusOr<v1::ConfirmEnrollmentResponse>> Engine::Run(
    CallFacts&, absl::StatusOr<Change<v1::ConfirmEnrollmentResponse>>);
template Task<absl::StatusOr<v1::VerifyResponse>> Engine::Run(CallFacts&,
                                                              absl::StatusOr<Change<v1::VerifyResponse>>);
template Task<absl::StatusOr<v1::ListMethodsResponse>> Engine::Run(
    CallFacts&, absl::StatusOr<Change<v1::ListMethodsResponse>>);
template Task<absl::StatusOr<v1::RotateBackupCodesResponse>> Engine::Run(
    CallFacts&, absl::StatusOr<Change<v1::RotateBackupCodesResponse>>);
template Task<absl::StatusOr<v1::UpdateMethodResponse>> Engine::Run(
    CallFacts&, absl::StatusOr<Change<v1::UpdateMethodResponse>>);
template Task<absl::StatusOr<v1::DeleteMethodResponse>> Engine::Run(
    CallFacts&, absl::StatusOr<Change<v1::DeleteMethodResponse>>);
template Task<absl::StatusOr<v1::DeleteBackupCodesResponse>> Engine::Run(
    CallFacts&, absl::StatusOr<Change<v1::DeleteBackupCodesResponse>>);
template Task<absl::StatusOr<v1::ResyncMethodResponse>> Engine::Run(
    CallFacts&, absl::StatusOr<Change<v1::ResyncMethodResponse>>);
template Task<absl::StatusOr<v1::UnlockSubjectResponse>> Engine::Run(
    CallFacts&, absl::StatusOr<Change<v1::UnlockSubjectResponse>>);
template Task<absl::StatusOr<v1::ResetSubjectResponse>> Engine::Run(
    CallFacts&, absl::StatusOr<Change<v1::ResetSubjectResponse>>);

}  // namespace twofold
