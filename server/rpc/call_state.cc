#include "server/rpc/call_state.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/errors.h"
#include "server/rpc/grpc_time.h"
#include "server/rpc/load_shedding.h"
#include "server/rpc/peer_identities.h"
#include "server/rpc/refusal_log.h"
#include "server/rpc/wire.h"

namespace twofold {
namespace {

// In bytes, of an identity that the policy does not know.
constexpr size_t kMaxShownIdentity = 255;

// The status is made once, because rejecting a call must cost less than serving it.
const grpc::Status& OverloadedStatus() {
  static const auto* const status = new grpc::Status(ToGrpcStatus(OverloadedError()));
  return *status;
}

std::minstd_rand& Dice() {
  thread_local std::minstd_rand random{std::random_device()()};
  return random;
}

// Returns milliseconds around kOverloadRetry, so that calls that were rejected together do not come
// back together.
std::string RetryPushback() {
  const int64_t mean = absl::ToInt64Milliseconds(kOverloadRetry);
  return std::to_string(std::uniform_int_distribution<int64_t>(mean / 2, mean * 3 / 2)(Dice()));
}

}  // namespace

absl::Status CallState::Arrive(const grpc::ServerContext& context) {
  begin_ = SteadyNow();
  TWOFOLD_ASSIGN_OR_RETURN(ticket_, environment_.observer.CallStarted());
  TWOFOLD_RETURN_IF_ERROR(Authorize(context));
  engine_ = environment_.engine.load(std::memory_order_acquire);
  if (engine_ == nullptr) return StorageUnavailableError();
  const double chance = std::uniform_real_distribution<>()(Dice());
  if (!AdmitsCall(environment_.in_flight.count(), environment_.max_in_flight, chance)) {
    return OverloadedError();
  }
  environment_.in_flight.Begin();
  counted_ = true;
  token_.LimitTo(SteadyDeadline(context.raw_deadline()));
  return absl::OkStatus();
}

absl::Status CallState::Authorize(const grpc::ServerContext& context) {
  const std::string& header = environment_.caller_header;
  // Without a policy nobody reads the identities.
  std::vector<std::string> identities;
  if (environment_.access.has_policy()) {
    absl::StatusOr<std::vector<std::string>> found = PeerIdentities(context, header);
    if (!found.ok()) {
      LogRefusal("", context.peer(), found.status().message());
      return CallerUnknownError();
    }
    identities = *std::move(found);
  }
  // An unknown caller is recorded by what it says it is.
  facts_.caller = identities.empty() ? std::string() : identities.front().substr(0, kMaxShownIdentity);
  absl::StatusOr<Authorization> caller = environment_.access.Identify(
      std::move(identities), header.empty() ? Policy::Match::kAny : Policy::Match::kEvery);
  if (!caller.ok()) {
    LogRefusal(facts_.caller, context.peer(),
               facts_.caller.empty() ? "it presents no identity"
                                     : absl::StrCat("the policy has no caller ", facts_.caller,
                                                    ", or its identities belong to several callers"));
    return caller.status();
  }
  caller_ = *std::move(caller);
  facts_.caller = caller_.caller();
  identified_ = true;
  return caller_.CheckRoles(method().roles);
}

absl::Status CallState::CheckStillAllowed() const {
  // A stream has no subject of its own. Its handler checks the tenants that its messages name.
  const bool has_subject = method().stream == nullptr && !facts_.user.empty();
  return environment_.access.CheckStill(
      caller_, method().roles,
      has_subject ? absl::optional<absl::string_view>(facts_.tenant) : absl::nullopt);
}

absl::Status CallState::Leave(absl::Status status, const grpc::ServerContext& context) {
  if (identified_) {
    const absl::Status still = CheckStillAllowed();
    if (!still.ok()) status = still;
  }
  if (ReasonOf(status) == v1::CALLER_NOT_ALLOWED) {
    LogRefusal(
        facts_.caller, context.peer(),
        absl::StrCat("the policy does not let ", facts_.caller, " call ", method().name,
                     facts_.user.empty() ? "" : absl::StrCat(" in the tenant \"", facts_.tenant, "\"")));
  }
  if (!status.ok() && ReasonOf(status) == v1::ERROR_REASON_UNSPECIFIED) {
    // What becomes INTERNAL for the caller is logged with its name.
    const std::string& who = facts_.caller;
    status = absl::Status(status.code(), absl::StrCat(status.message(), " (", method().name, " by ",
                                                      who.empty() ? "a caller without a name" : who, ")"));
  }
  environment_.observer.CallDone(table_index_, std::move(ticket_), std::move(facts_), status,
                                 TimeSince(begin_));
  return status;
}

void CallState::Left() {
  if (counted_) environment_.in_flight.End();
}

grpc::Status PrepareAnswer(const absl::Status& status, grpc::ServerContext& context) {
  if (status.ok()) return grpc::Status::OK;
  // By gRFC A6, clients with a retry limit come back after that time and not before.
  constexpr char kPushback[] = "grpc-retry-pushback-ms";
  if (ReasonOf(status) == v1::OVERLOADED) {
    context.AddTrailingMetadata(kPushback, RetryPushback());
    return OverloadedStatus();
  }
  // They do not come back at all. A second try with the same request id would repeat an answer that
  // calls the code sent, and one without an id would be too soon for another code.
  if (ReasonOf(status) == v1::DELIVERY_FAILED) context.AddTrailingMetadata(kPushback, "-1");
  return ToGrpcStatus(status);
}

}  // namespace twofold
