#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "server/errors.h"
#include "server/rpc/admin_streams.h"
#include "server/rules/portable.h"
#include "twofold/v1/admin_service.pb.h"

namespace twofold {
namespace {

// The number of subjects whose methods are stored at the same time. The storage gathers their
// writes.
constexpr size_t kAtOnce = 64;

void Refuse(const absl::Status& status, v1::ImportResult& result) {
  result.Clear();
  result.set_outcome(v1::IMPORT_OUTCOME_REFUSED);
  result.set_reason(ReasonOf(status));
  result.set_message(std::string(status.message()));
}

// Stores one method. Only an error that concerns the whole stream is returned.
Task<absl::Status> Import(CallContext call, const v1::PortableMethod& portable, bool dry_run,
                          v1::ImportResult& result) {
  CallFacts facts;
  facts.caller = call.facts.caller;
  facts.tenant = portable.tenant().substr(0, kMaxNameSize);
  facts.user = portable.user_id().substr(0, kMaxNameSize);
  absl::StatusOr<AuditTicket> ticket = call.observer.PartStarted();
  if (!ticket.ok()) co_return ticket.status();
  absl::Status status = call.CheckTenantNow(portable.tenant());
  if (status.ok()) {
    const CallerRights rights;
    absl::StatusOr<Operation> operation =
        PlanImport(call.engine.NewPlan(facts.caller, rights), portable, dry_run, result);
    status = operation.status();
    if (operation.ok()) status = co_await call.engine.Run(facts, *std::move(operation));
  }
  call.observer.PartDone(call.method, *std::move(ticket), std::move(facts), status);
  // A store that cannot be reached is no fault of the method.
  if (CodeOf(ReasonOf(status)) == absl::StatusCode::kUnavailable) co_return status;
  if (ReasonOf(status) == v1::ERROR_REASON_UNSPECIFIED && !status.ok()) co_return status;
  if (!status.ok()) Refuse(status, result);
  co_return absl::OkStatus();
}

// The methods of one message. Several flows take runs of them.
struct Batch {
  const v1::ImportMethodsRequest& request;
  const bool dry_run;
  std::vector<v1::ImportResult> results;
  int next = 0;
  absl::Status failed;

  // Takes the next methods of one subject off the batch, in order, because backup codes need the
  // method before them. Returns the number of the first one and the number behind the last one.
  std::pair<int, int> TakeSubject() {
    const int first = next;
    const auto& methods = request.methods();
    while (next < methods.size() && methods[next].tenant() == methods[first].tenant() &&
           methods[next].user_id() == methods[first].user_id()) {
      ++next;
    }
    return {first, next};
  }
};

Task<void> ImportSubjects(CallContext call, Batch& batch) {
  while (batch.failed.ok() && batch.next < batch.request.methods_size()) {
    const std::pair<int, int> range = batch.TakeSubject();
    for (int i = range.first; i < range.second && batch.failed.ok(); ++i) {
      auto imported =
          Import(call, batch.request.methods(i), batch.dry_run, batch.results[static_cast<size_t>(i)]);
      const absl::Status status = co_await std::move(imported);
      if (!status.ok()) batch.failed = status;
    }
  }
}

Task<absl::Status> ImportBatch(CallContext call, Batch& batch) {
  batch.results.resize(static_cast<size_t>(batch.request.methods_size()));
  std::vector<Task<void>> flows;
  for (size_t i = 0; i < std::min(kAtOnce, batch.results.size()); ++i) {
    flows.push_back(ImportSubjects(call, batch));
  }
  auto all = WhenAll(std::move(flows));
  co_await std::move(all);
  co_return batch.failed;
}

void Count(v1::ImportResult result, v1::ImportMethodsResponse& response) {
  result.set_index(response.results_size());
  switch (result.outcome()) {
    case v1::IMPORT_OUTCOME_IMPORTED:
      response.set_imported_count(response.imported_count() + 1);
      break;
    case v1::IMPORT_OUTCOME_UNCHANGED:
      response.set_unchanged_count(response.unchanged_count() + 1);
      break;
    default:
      response.set_refused_count(response.refused_count() + 1);
  }
  *response.add_results() = std::move(result);
}

}  // namespace

Task<absl::Status> ServeImportMethods(CallContext call, MessageStream& messages) {
  v1::ImportMethodsRequest request;
  v1::ImportMethodsResponse response;
  bool is_first = true;
  bool dry_run = false;
  while (true) {
    const absl::StatusOr<bool> read = co_await messages.Read(request);
    if (!read.ok()) co_return read.status();
    if (!*read) break;
    if (std::exchange(is_first, false)) dry_run = request.dry_run();
    if (response.results_size() + request.methods_size() > kMaxImportedMethods) {
      co_return InvalidRequestError(
          "methods", absl::StrCat("are more than the ", kMaxImportedMethods, " that one stream may hold"));
    }
    Batch batch{request, dry_run, {}, 0, absl::OkStatus()};
    const absl::Status stored = co_await ImportBatch(call, batch);
    if (!stored.ok()) co_return stored;
    for (v1::ImportResult& result : batch.results) Count(std::move(result), response);
  }
  const bool sent = co_await messages.Write(response);
  static_cast<void>(sent);
  co_return absl::OkStatus();
}

}  // namespace twofold
