#include <google/protobuf/util/json_util.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "common/status_macros.h"
#include "crypto/cms.h"
#include "server/errors.h"
#include "server/rpc/admin_streams.h"
#include "server/rules/portable.h"
#include "server/rules/record.h"
#include "storage/keys.h"
#include "twofold/v1/admin_service.pb.h"

namespace twofold {
namespace {

constexpr int kPageRecords = 64;
constexpr size_t kChunkBytes = size_t{64} << 10;

absl::Status Named(const char* field, const absl::Status& status) {
  return status.ok() ? status : InvalidRequestError(field, status.message());
}

using MaybeSealer = absl::StatusOr<std::unique_ptr<CmsSealer>>;

MaybeSealer MakeSealer(const v1::ExportMethodsRequest& request) {
  if (request.has_certificate_pem()) {
    MaybeSealer sealer = CmsSealer::ForCertificate(request.certificate_pem());
    if (!sealer.ok()) return Named("certificate_pem", sealer.status());
    return sealer;
  }
  if (!request.has_password()) return InvalidRequestError("recipient", "is missing");
  MaybeSealer sealer = CmsSealer::ForPassword(request.password());
  if (!sealer.ok()) return Named("password", sealer.status());
  return sealer;
}

// Which tenants are exported.
class Scope {
 public:
  Scope(const CallContext& call, const v1::ExportMethodsRequest& request)
      : call_(call), tenants_(request.tenants().begin(), request.tenants().end()) {}

  absl::Status Check() const {
    for (const std::string& tenant : tenants_) {
      TWOFOLD_RETURN_IF_ERROR(call_.CheckTenantNow(tenant));
    }
    return absl::OkStatus();
  }

  bool Contains(const std::string& tenant) const {
    return (tenants_.empty() || tenants_.contains(tenant)) && call_.CheckTenantNow(tenant).ok();
  }

 private:
  const CallContext& call_;
  const absl::flat_hash_set<std::string> tenants_;
};

// Appends one line to `content` for each confirmed method and for the backup codes.
void AppendMethods(const Engine::Parts& parts, const KeyRing& ring, const Subject& subject,
                   const internal::v1::SubjectRecord& record, v1::ExportMethodsResponse& counts,
                   std::string& content) {
  const WorkResults none;
  const MethodContext context{ring, parts.random, subject, parts.clock.Now(), none};
  for (const internal::v1::Method& method : record.methods()) {
    if (method.state() == v1::METHOD_STATE_PENDING) continue;
    const absl::StatusOr<v1::PortableMethod> portable = ExportMethod(context, parts.authenticators, method);
    if (!portable.ok()) {
      counts.set_unreadable_count(counts.unreadable_count() + 1);
      continue;
    }
    std::string line;
    // It fails only for times out of range, which the record does not hold.
    static_cast<void>(google::protobuf::util::MessageToJsonString(*portable, &line));
    content += line;
    content += '\n';
    WipeString(line);
    counts.set_method_count(counts.method_count() + 1);
  }
}

// Opens, prints and seals a page. It takes milliseconds, and the first page of an export for a
// password takes half a second.
std::string SealPage(const Engine::Parts& parts, const KeyRing& ring, const Scope& scope,
                     const ScanPage& page, CmsSealer& sealer, v1::ExportMethodsResponse& counts) {
  std::string content;
  for (const KeyedBytes& stored : page.records) {
    const std::optional<Subject> subject = SubjectOfKey(stored.key);
    if (!subject.has_value() || !scope.Contains(subject->tenant)) continue;
    const absl::StatusOr<internal::v1::SubjectRecord> record = ParseRecord(stored.bytes);
    counts.set_subject_count(counts.subject_count() + 1);
    if (record.ok()) {
      AppendMethods(parts, ring, *subject, *record, counts, content);
    } else {
      counts.set_unreadable_count(counts.unreadable_count() + 1);
    }
  }
  std::string sealed = sealer.Add(content);
  WipeString(content);
  if (page.next_cursor.empty()) sealed += sealer.Finish();
  return sealed;
}

}  // namespace

Task<absl::Status> ServeExportMethods(CallContext call, MessageStream& messages) {
  v1::ExportMethodsRequest request;
  const absl::StatusOr<bool> read = co_await messages.Read(request);
  if (!read.ok()) co_return read.status();
  const Scope scope(call, request);
  const absl::Status allowed = scope.Check();
  if (!allowed.ok()) co_return allowed;
  const Engine::Parts& parts = call.engine.parts();
  // The pool whose threads leave the processor to logins.
  WorkPool& pool = parts.pictures;
  MaybeSealer sealer = MakeSealer(request);
  if (!sealer.ok()) co_return sealer.status();
  const std::shared_ptr<const KeyRing> ring = call.engine.ring();
  const bool had_all_tenants = call.MayUseAllTenantsNow();
  v1::ExportMethodsResponse response;
  std::string cursor;
  do {
    // A file that lacks tenants must not look whole.
    const absl::Status still_allowed = scope.Check();
    if (!still_allowed.ok()) co_return still_allowed;
    if (had_all_tenants && !call.MayUseAllTenantsNow()) co_return CallerNotAllowedError();
    const absl::StatusOr<ScanPage> page =
        co_await parts.storage.Scan(std::exchange(cursor, ""), kPageRecords);
    if (!page.ok() || !parts.lease.Holds()) co_return StorageUnavailableError();
    auto sealing =
        pool.Run<std::string>([&] { return SealPage(parts, *ring, scope, *page, **sealer, response); });
    const absl::StatusOr<std::string> sealed = co_await std::move(sealing);
    if (!sealed.ok()) co_return sealed.status();
    response.mutable_chunk()->append(*sealed);
    cursor = page->next_cursor;
    if (response.chunk().size() < kChunkBytes && !cursor.empty()) continue;
    const bool sent = co_await messages.Write(response);
    // The caller is gone, and nobody gets this status.
    if (!sent) co_return OverloadedError();
    response.clear_chunk();
  } while (!cursor.empty());
  co_return absl::OkStatus();
}

}  // namespace twofold
