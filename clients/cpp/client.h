#ifndef TWOFOLD_CLIENTS_CPP_CLIENT_H_
#define TWOFOLD_CLIENTS_CPP_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cpp/result.h"
#include "twofold/v1/admin_service.grpc.pb.h"
#include "twofold/v1/two_factor_service.grpc.pb.h"

namespace twofold {

struct ClientOptions {
  // "host:port", "[IPv6 address]:port" or "unix:/path": what a server listens on, and no other URI of gRPC.
  std::string address = "127.0.0.1:50051";
  // Of each call, all its attempts included.
  absl::Duration timeout = absl::Seconds(2);
  // TLS goes here, e.g. grpc::SslCredentials with CA, certificate and key. Null is plain text.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
};

// INVALID_ARGUMENT, with what is allowed, when `text` is no address that a client can call.
absl::Status CheckServerAddress(absl::string_view text);

// A channel that repeats a call answered UNAVAILABLE, at most three attempts in all with jittered pauses that
// grow, and nothing else. It never sends an attempt beside another one (hedging). Ignores HTTP proxies in the
// environment: secrets go to the named address or nowhere. Connects at the first call. The error is that of
// CheckServerAddress.
absl::StatusOr<std::shared_ptr<grpc::Channel>> NewChannel(const ClientOptions& options);

// Calls Twofold. Each method blocks until the answer or the deadline. Thread-safe: share one client, it holds
// one channel.
//
// A changing request without `request_id` gets a fresh one, the same for all attempts of the call, so that an
// attempt whose answer was lost is answered again instead of done again. To repeat a call that failed in
// doubt (UNAVAILABLE, DEADLINE_EXCEEDED), set `request_id` yourself (NewRequestId) and use it for both.
//
// With an address that is none, every call fails with INVALID_ARGUMENT and nothing is sent.
//
// The strings of the request that was passed in are wiped when the call is over, codes among them; move it
// in.
class TwofoldClient {
 public:
  explicit TwofoldClient(const ClientOptions& options);

  Result<v1::EnrollResponse> Enroll(v1::EnrollRequest request);
  Result<v1::ConfirmEnrollmentResponse> ConfirmEnrollment(v1::ConfirmEnrollmentRequest request);
  Result<v1::VerifyResponse> Verify(v1::VerifyRequest request);
  Result<v1::ListMethodsResponse> ListMethods(v1::ListMethodsRequest request);
  Result<v1::RotateBackupCodesResponse> RotateBackupCodes(v1::RotateBackupCodesRequest request);
  Result<v1::UpdateMethodResponse> UpdateMethod(v1::UpdateMethodRequest request);
  Result<v1::DeleteMethodResponse> DeleteMethod(v1::DeleteMethodRequest request);
  Result<v1::DeleteBackupCodesResponse> DeleteBackupCodes(v1::DeleteBackupCodesRequest request);
  Result<v1::ResyncMethodResponse> ResyncMethod(v1::ResyncMethodRequest request);

  Result<v1::UnlockSubjectResponse> UnlockSubject(v1::UnlockSubjectRequest request);
  Result<v1::ResetSubjectResponse> ResetSubject(v1::ResetSubjectRequest request);

 private:
  template <typename Stub, typename Request, typename Response>
  Result<Response> Call(Stub* stub,
                        grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
                        Request& request);

  const absl::Duration timeout_;
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel_;
  // Null without a channel.
  const std::unique_ptr<v1::TwoFactorService::Stub> two_factor_;
  const std::unique_ptr<v1::AdminService::Stub> admin_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_CLIENT_H_
