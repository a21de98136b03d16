#ifndef TWOFOLD_COMMON_STATUS_MACROS_H_
#define TWOFOLD_COMMON_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the function when `expr` is an error.
#define TWOFOLD_RETURN_IF_ERROR(expr)                                                         \
  do {                                                                                        \
    if (absl::Status twofold_status_ = (expr); !twofold_status_.ok()) return twofold_status_; \
  } while (false)

#define TWOFOLD_STATUS_CONCAT_INNER_(a, b) a##b
#define TWOFOLD_STATUS_CONCAT_(a, b) TWOFOLD_STATUS_CONCAT_INNER_(a, b)

// Evaluates `expr`, a StatusOr: returns its error from the function, or moves its value into `lhs`.
#define TWOFOLD_ASSIGN_OR_RETURN(lhs, expr) \
  TWOFOLD_ASSIGN_OR_RETURN_IMPL_(TWOFOLD_STATUS_CONCAT_(twofold_statusor_, __LINE__), lhs, expr)

#define TWOFOLD_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, expr) \
  auto statusor = (expr);                                   \
  if (!statusor.ok()) return std::move(statusor).status();  \
  lhs = *std::move(statusor)

#endif  // TWOFOLD_COMMON_STATUS_MACROS_H_
