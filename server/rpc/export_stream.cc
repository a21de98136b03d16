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

// A page is opened and sealed in one go, during which no other call of the loop runs.
constexpr int kPageRecords = 64;
constexpr size_t kChunkBytes = size_t{64} << 10;

absl::Status Named(const char* field, const absl::Status& status) {
  return status.ok() ? status : InvalidRequestError(field, status.message());
}

using MaybeSealer = absl::StatusOr<std::unique_ptr<CmsSealer>>;

// Slow for a password.
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
  Scope(const Authorization& caller, const v1::ExportMethodsRequest& request)
      : caller_(caller), tenants_(request.tenants().begin(), request.tenants().end()) {}

  absl::Status Check() const {
    for (const std::string& tenant : tenants_) {
      TWOFOLD_RETURN_IF_ERROR(caller_.CheckTenant(tenant));
    }
    return absl::OkStatus();
  }

  bool Contains(const std::string& tenant) const {
    return tenants_.empty() ? caller_.MayUse(tenant) : tenants_.contains(tenant);
  }

 private:
  const Authorization& caller_;
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

}  // namespace

Task<absl::Status> ServeExportMethods(CallContext call, MessageStream& messages) {
  v1::ExportMethodsRequest request;
  const absl::StatusOr<bool> read = co_await messages.Read(request);
  if (!read.ok()) co_return read.status();
  const Scope scope(call.caller, request);
  const absl::Status allowed = scope.Check();
  if (!allowed.ok()) co_return allowed;
  const Engine::Parts& parts = call.engine.parts();
  auto making = parts.hashes.Run<MaybeSealer>([&request] { return MakeSealer(request); });
  absl::StatusOr<MaybeSealer> made = co_await std::move(making);
  if (!made.ok()) co_return made.status();
  if (!made->ok()) co_return made->status();
  const std::unique_ptr<CmsSealer> sealer = **std::move(made);

  const std::shared_ptr<const KeyRing> ring = call.engine.ring();
  v1::ExportMethodsResponse response;
  std::string cursor;
  do {
    absl::StatusOr<ScanPage> page = co_await parts.storage.Scan(std::exchange(cursor, ""), kPageRecords);
    if (!page.ok() || !parts.lease.Holds()) co_return StorageUnavailableError();
    std::string content;
    for (const KeyedBytes& stored : page->records) {
      const std::optional<Subject> subject = SubjectOfKey(stored.key);
      if (!subject.has_value() || !scope.Contains(subject->tenant)) continue;
      const absl::StatusOr<internal::v1::SubjectRecord> record = ParseRecord(stored.bytes);
      response.set_subject_count(response.subject_count() + 1);
      if (record.ok()) {
        AppendMethods(parts, *ring, *subject, *record, response, content);
      } else {
        response.set_unreadable_count(response.unreadable_count() + 1);
      }
    }
    response.mutable_chunk()->append(sealer->Add(content));
    WipeString(content);
    cursor = std::move(page->next_cursor);
    if (response.chunk().size() < kChunkBytes && !cursor.empty()) continue;
    if (cursor.empty()) response.mutable_chunk()->append(sealer->Finish());
    const bool sent = co_await messages.Write(response);
    // The caller is gone, and nobody gets this status.
    if (!sent) co_return OverloadedError();
    response.clear_chunk();
  } while (!cursor.empty());
  co_return absl::OkStatus();
}

}  // namespace twofold
