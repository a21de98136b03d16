#ifndef TWOFOLD_CLIENTS_CPP_RESULT_H_
#define TWOFOLD_CLIENTS_CPP_RESULT_H_

#include <utility>
#include <variant>

#include "clients/cpp/call_error.h"

namespace twofold {

// The result of a call: the response if the status was OK, else the error. A plain value. Reading
// the other one throws std::bad_variant_access, so a caller who forgot to check ok() fails closed.
template <typename Response>
class [[nodiscard]] Result {
 public:
  Result(Response response) : value_(std::move(response)) {}  // NOLINT(google-explicit-constructor)
  Result(CallError error) : value_(std::move(error)) {}       // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<Response>(value_); }
  const CallError& error() const { return std::get<CallError>(value_); }

  Response& operator*() { return std::get<Response>(value_); }
  const Response& operator*() const { return std::get<Response>(value_); }
  Response* operator->() { return &**this; }
  const Response* operator->() const { return &**this; }

 private:
  std::variant<Response, CallError> value_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_RESULT_H_
