#include "server/rpc/method_table.h"

#include <utility>

#include "server/rpc/wire.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {
namespace {

template <typename Request>
Task<absl::Status> Answer(Engine& engine, CallFacts& facts, const grpc::ByteBuffer& bytes,
                          grpc::ByteBuffer& answer) {
  Request request;
  const absl::Status parsed = ParseMessage(bytes, request);
  if (!parsed.ok()) co_return parsed;
  auto flow = engine.Handle(facts, request);
  auto response = co_await std::move(flow);
  if (response.ok()) SerializeMessage(*response, answer);
  co_return response.status();
}

}  // namespace

const std::vector<Method>& MethodTable() {
  static const auto& table = *new std::vector<Method>{
      {"/twofold.v1.TwoFactorService/Enroll", "Enroll", &Answer<v1::EnrollRequest>},
      {"/twofold.v1.TwoFactorService/ConfirmEnrollment", "ConfirmEnrollment",
       &Answer<v1::ConfirmEnrollmentRequest>},
      {"/twofold.v1.TwoFactorService/Verify", "Verify", &Answer<v1::VerifyRequest>},
      {"/twofold.v1.TwoFactorService/ListMethods", "ListMethods", &Answer<v1::ListMethodsRequest>},
      {"/twofold.v1.TwoFactorService/RotateBackupCodes", "RotateBackupCodes",
       &Answer<v1::RotateBackupCodesRequest>},
      {"/twofold.v1.TwoFactorService/UpdateMethod", "UpdateMethod", &Answer<v1::UpdateMethodRequest>},
      {"/twofold.v1.TwoFactorService/DeleteMethod", "DeleteMethod", &Answer<v1::DeleteMethodRequest>},
      {"/twofold.v1.TwoFactorService/DeleteBackupCodes", "DeleteBackupCodes",
       &Answer<v1::DeleteBackupCodesRequest>},
      {"/twofold.v1.TwoFactorService/ResyncMethod", "ResyncMethod", &Answer<v1::ResyncMethodRequest>},
      {"/twofold.v1.AdminService/UnlockSubject", "UnlockSubject", &Answer<v1::UnlockSubjectRequest>},
      {"/twofold.v1.AdminService/ResetSubject", "ResetSubject", &Answer<v1::ResetSubjectRequest>},
  };
  return table;
}

}  // namespace twofold
