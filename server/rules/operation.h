#ifndef TWOFOLD_SERVER_RULES_OPERATION_H_
#define TWOFOLD_SERVER_RULES_OPERATION_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "server/rules/context.h"
#include "server/rules/fields.h"
#include "storage/rate_limiter.h"

namespace twofold {

// A request whose form is right, ready for the engine: what it is about, what it may cost, and the rule that
// decides it. Its request and its response outlive it.
struct Operation {
  explicit Operation(Subject subject_in) : subject(std::move(subject_in)) {}

  Subject subject;
  RequestKey request;
  // Of the plan.
  std::shared_ptr<const RingInUse> keys;
  // Read once per call, and kept over retries.
  UnixMillis now = 0;
  // As it is counted. Empty where the caller passed none.
  std::string client_address;
  // Each of them must allow the call before the record is read. None: the call is not limited.
  std::vector<Bucket> buckets;
  // These are filled first, whatever the rule says.
  std::vector<Bucket> filled;

  google::protobuf::Message* response = nullptr;
  // Changes the draft, and fills in the response where the status is OK.
  absl::AnyInvocable<OrWork<absl::Status>(const RuleContext&, Draft&)> decide;
  // Fills in the response of the call that this one repeats. Empty: the request has no id.
  absl::AnyInvocable<OrWork<absl::Status>(const RuleContext&, const internal::v1::PastRequest&, const Draft&)>
      repeat;
};

// What a caller may do beside its calls.
struct CallerRights {
  // It may be given codes that it sends itself.
  bool may_receive_codes = false;
  // Where browsers may go from its prompts. Null where there is no policy: to every URL of a good form.
  const std::vector<std::string>* return_urls = nullptr;
};

// What is known when a request arrives. Everything outlives the operation.
struct PlanContext {
  const Limits& limits;
  const Authenticators& authenticators;
  std::shared_ptr<const RingInUse> keys;
  Random& random;
  // The authenticated identity. Empty where callers are not authenticated.
  absl::string_view caller;
  const CallerRights& rights;
  // Where the page of prompts is, such as "https://login.example.org". Empty: prompts are off.
  const std::string& prompt_url;
  UnixMillis now;
};

// Every server/rules/*.h declares Plan functions, one for each RPC. They check the form of a request, decided
// on its text alone, and pair it with its rule. INVALID_REQUEST and MALFORMED_CODE name the malformed field.

// What all operations have in common. `request_id` is empty for a call that changes nothing.
absl::StatusOr<Operation> NewOperation(const PlanContext& plan, const google::protobuf::Message& request,
                                       const std::string& tenant, const std::string& user_id,
                                       const std::string& request_id, google::protobuf::Message& response);

// The same for a request that has an id.
template <typename Request>
absl::StatusOr<Operation> NewOperation(const PlanContext& plan, const Request& request,
                                       google::protobuf::Message& response) {
  return NewOperation(plan, request, request.tenant(), request.user_id(), request.request_id(), response);
}

// Limits the operation as one that presents `presented`.
absl::Status LimitPresented(const PlanContext& plan, const Presented& presented,
                            const std::string& client_address, Operation& operation);

// What a request presents. At most one of `code` and `credential_json` is there.
struct AnswerFields {
  // The name of the field for codes.
  absl::string_view code_field;
  const std::string& code;
  bool has_credential = false;
  const std::string& credential_json;
  const std::string& challenge_id;
};

// Reads what answers a login's challenge or needs none. MALFORMED_CODE: the code has no code's form, or
// there is nothing.
absl::StatusOr<Presented> ReadLogin(const PlanContext& plan, const Subject& subject,
                                    const AnswerFields& fields);

// Reads the proof of a change and limits the operation by it. Without one the operation is limited as one
// that can write.
absl::StatusOr<std::optional<Presented>> PlanProof(const PlanContext& plan, const AnswerFields& fields,
                                                   const std::string& client_address, Operation& operation);

// The same for the fields that every request with a proof has.
template <typename Request>
absl::StatusOr<std::optional<Presented>> PlanProof(const PlanContext& plan, const Request& request,
                                                   Operation& operation) {
  const AnswerFields fields{"proof_code", request.proof_code(), request.has_webauthn_credential_json(),
                            request.webauthn_credential_json(), request.challenge_id()};
  return PlanProof(plan, fields, request.client_address(), operation);
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_OPERATION_H_
