#ifndef TWOFOLD_SERVER_RPC_REFLECTION_ANSWERS_H_
#define TWOFOLD_SERVER_RPC_REFLECTION_ANSWERS_H_

#include "grpc/reflection/v1/reflection.pb.h"

namespace twofold {

// Answers a reflection request about the services of the main port and every .proto file of this
// program. Thread-safe. The messages of v1alpha have the same bytes.
grpc::reflection::v1::ServerReflectionResponse AnswerReflection(
    const grpc::reflection::v1::ServerReflectionRequest& request);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_REFLECTION_ANSWERS_H_
