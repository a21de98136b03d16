#include "server/open_carriers.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/builtins.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

// Null if the type is off, or if callers send the codes.
absl::StatusOr<std::unique_ptr<Carrier>> OpenCarrier(const char* flag, const std::string& uri) {
  if (uri.empty()) return nullptr;
  const CarrierRegistry carriers = BuiltinCarriers();
  absl::StatusOr<std::unique_ptr<Carrier>> carrier = carriers.Open(uri);
  if (!carrier.ok()) {
    return absl::Status(carrier.status().code(), absl::StrCat("--", flag, ": ", carrier.status().message()));
  }
  if (carriers.TraitsOf(uri).for_trying) {
    LogWarning("--", flag, " keeps codes in a file of this machine: do not use it for real users");
  }
  return carrier;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MessageQueue>> OpenCarriers(const Options& options) {
  TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<Carrier> sms, OpenCarrier("sms_carrier", options.sms_carrier));
  TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<Carrier> email,
                           OpenCarrier("email_carrier", options.email_carrier));
  if (sms == nullptr && email == nullptr) return nullptr;
  return NewMessageQueue(std::move(sms), std::move(email));
}

}  // namespace twofold
