#include "server/rpc/raw_service.h"

#include <grpcpp/impl/codegen/rpc_service_method.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/rpc/method_table.h"

namespace twofold {

RawService::RawService(absl::string_view name) {
  using grpc::internal::RpcMethod;
  const std::vector<Method>& table = MethodTable();
  for (size_t i = 0; i < table.size(); ++i) {
    if (!absl::StartsWith(table[i].path, absl::StrCat("/", name, "/"))) continue;
    // On the wire every kind of stream looks like one in both directions.
    const auto kind = table[i].stream != nullptr ? RpcMethod::BIDI_STREAMING : RpcMethod::NORMAL_RPC;
    AddMethod(new grpc::internal::RpcServiceMethod(table[i].path, kind, nullptr));
    MarkMethodRaw(static_cast<int>(methods_.size()));
    methods_.push_back(i);
  }
}

}  // namespace twofold
