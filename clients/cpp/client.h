#ifndef TWOFOLD_CLIENTS_CPP_CLIENT_H_
#define TWOFOLD_CLIENTS_CPP_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cpp/challenge.h"
#include "clients/cpp/result.h"
#include "twofold/v1/admin_service.grpc.pb.h"
#include "twofold/v1/prompt_service.grpc.pb.h"
#include "twofold/v1/two_factor_service.grpc.pb.h"

namespace twofold {

struct ClientOptions {
  // The address that a server listens on: "host:port", "[IPv6 address]:port" or "unix:/path". No
  // other URI of gRPC is accepted.
  std::string address = "127.0.0.1:50051";
  // The time for each call, including all its attempts.
  absl::Duration timeout = absl::Seconds(2);
  // The time for a call that may send a code instead: StartChallenge, and Enroll for SMS or e-mail. The
  // server answers when the carrier took the message, which can take 15 s.
  absl::Duration send_timeout = absl::Seconds(20);
  // Credentials for TLS, such as those of LoadTlsCredentials (tls.h). Null means plain text.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  // The name that the server's certificate must have. Empty means the host of `address`.
  std::string server_name;
};

// Returns INVALID_ARGUMENT, with the allowed forms, if a client cannot call `text`.
absl::Status CheckServerAddress(absl::string_view text);

// Returns a channel that retries only calls answered UNAVAILABLE, with at most three attempts in
// all and jittered pauses that grow. It does not retry StartChallenge, which has no request id and
// could send a second code. It never sends two attempts at the same time (hedging). It
// ignores HTTP proxies in the environment, so that secrets go only to the named address. It
// connects at the first call. The error is that of CheckServerAddress.
absl::StatusOr<std::shared_ptr<grpc::Channel>> NewChannel(const ClientOptions& options);

// Calls Twofold. Each method blocks until the answer or the deadline. Thread-safe. A client holds
// one channel, so share one client.
//
// A changing request without `request_id` gets a new one, the same for all attempts of the call. If
// an answer was lost, the server then repeats the answer instead of the change. To repeat a call
// whose outcome is unknown (UNAVAILABLE, DEADLINE_EXCEEDED), set `request_id` yourself
// (NewRequestId) and use the same id for both.
//
// This is how a user logs in with a security key:
//
//  1. Call StartChallenge with the user's name. Keep the id of the challenge in the user's session,
//     and send its security_key_options() to the browser.
//  2. The page passes the options through PublicKeyCredential.parseRequestOptionsFromJSON() to
//     navigator.credentials.get(), and sends back what toJSON() of the credential gives, as text.
//  3. Call Verify with the same name, with this text as `webauthn_credential_json`, and with the id from
//     the session as `challenge_id`. Only this call says whether the user passed. KeyFactsOf then
//     says whether the key checked a PIN or a fingerprint. A service that asks for that must refuse the
//     login otherwise.
//
// Each challenge is good for one login. A code by SMS or e-mail goes the same way: StartChallenge
// sends it, and Verify takes it as `code` with the same `challenge_id`. To send the same code again, pass
// the id to StartChallenge. A challenge with `for_change` is for proofs alone, and one without it for
// Verify alone.
//
// If the address is invalid, every call fails with INVALID_ARGUMENT, and nothing is sent.
//
// The client wipes the strings of the request, including codes, when the call is over. Pass the
// request with std::move.
class TwofoldClient {
 public:
  explicit TwofoldClient(const ClientOptions& options);

  Result<v1::EnrollResponse> Enroll(v1::EnrollRequest request);
  Result<v1::ConfirmEnrollmentResponse> ConfirmEnrollment(v1::ConfirmEnrollmentRequest request);
  // Makes a challenge, and sends a code if its type needs one. It is not repeated. If its outcome is
  // unknown (UNAVAILABLE, DEADLINE_EXCEEDED), a code may be on its way, and no answer fits it. Start a
  // new challenge then, which may have to wait (DELIVERY_LIMITED). UNKNOWN without a reason: this client
  // does not know the type of the challenge.
  Result<Challenge> StartChallenge(v1::StartChallengeRequest request);
  Result<v1::VerifyResponse> Verify(v1::VerifyRequest request);
  Result<v1::ListMethodsResponse> ListMethods(v1::ListMethodsRequest request);
  Result<v1::RotateBackupCodesResponse> RotateBackupCodes(v1::RotateBackupCodesRequest request);
  Result<v1::UpdateMethodResponse> UpdateMethod(v1::UpdateMethodRequest request);
  Result<v1::DeleteMethodResponse> DeleteMethod(v1::DeleteMethodRequest request);
  Result<v1::DeleteBackupCodesResponse> DeleteBackupCodes(v1::DeleteBackupCodesRequest request);
  Result<v1::ResyncMethodResponse> ResyncMethod(v1::ResyncMethodRequest request);
  // Says whether a device is remembered, by what Verify or a prompt made for it. GRANT_REJECTED: ask for a
  // code.
  Result<v1::CheckGrantResponse> CheckGrant(v1::CheckGrantRequest request);
  Result<v1::RevokeGrantsResponse> RevokeGrants(v1::RevokeGrantsRequest request);

  // These three let Twofold show the page. Use them by StartPrompt and FinishPrompt (prompt.h), which
  // also keep and compare the state. A repeated CancelPrompt changes nothing more, but its answer can be
  // PROMPT_NOT_FOUND.
  Result<v1::CreatePromptResponse> CreatePrompt(v1::CreatePromptRequest request);
  Result<v1::RedeemPromptResponse> RedeemPrompt(v1::RedeemPromptRequest request);
  Result<v1::CancelPromptResponse> CancelPrompt(v1::CancelPromptRequest request);

  Result<v1::UnlockSubjectResponse> UnlockSubject(v1::UnlockSubjectRequest request);
  Result<v1::ResetSubjectResponse> ResetSubject(v1::ResetSubjectRequest request);

  // Sends the methods as one stream, at most 10,000 of them. `timeout` is the time for each attempt.
  // A stream that broke is sent again as a whole, at most twice, because an import that is sent again
  // changes nothing.
  Result<v1::ImportMethodsResponse> ImportMethods(std::vector<v1::PortableMethod> methods, bool dry_run,
                                                  absl::Duration timeout);

  // Calls `take` for each response, in order, until it returns false. The chunks are one file. Returns
  // the last response. A stream that broke is not taken up again. The time limit is that of
  // RewrapSecrets.
  Result<v1::ExportMethodsResponse> ExportMethods(
      const v1::ExportMethodsRequest& request,
      const std::function<bool(const v1::ExportMethodsResponse&)>& take);

  // Calls `progress` for each response, and returns the last one. The call has no deadline. It ends
  // with DEADLINE_EXCEEDED if the server is silent for kMaxSilence.
  Result<v1::RewrapSecretsResponse> RewrapSecrets(
      const v1::RewrapSecretsRequest& request,
      const std::function<void(const v1::RewrapSecretsResponse&)>& progress);

  // A server reports its progress about once in a second.
  static constexpr absl::Duration kMaxSilence = absl::Seconds(30);

 private:
  template <typename Stub, typename Request, typename Response>
  Result<Response> Call(Stub* stub,
                        grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
                        Request& request, absl::Duration timeout);

  grpc::Status SendMethods(const std::vector<v1::PortableMethod>& methods, bool dry_run,
                           absl::Duration timeout, v1::ImportMethodsResponse& response);

  const absl::Duration timeout_;
  const absl::Duration send_timeout_;
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel_;
  // Null if there is no channel.
  const std::unique_ptr<v1::TwoFactorService::Stub> two_factor_;
  const std::unique_ptr<v1::PromptService::Stub> prompts_;
  const std::unique_ptr<v1::AdminService::Stub> admin_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_CLIENT_H_
