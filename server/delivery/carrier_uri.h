#ifndef TWOFOLD_SERVER_DELIVERY_CARRIER_URI_H_
#define TWOFOLD_SERVER_DELIVERY_CARRIER_URI_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/backend_uri.h"

namespace twofold {

// A URI such as //USER@HOST:PORT/PATH?NAME=VALUE&NAME=VALUE after its scheme.
struct CarrierUri {
  // Empty if there is none.
  std::string user;
  // "HOST:PORT", with brackets around an IPv6 address.
  std::string server;
  // Empty, or with its slash.
  std::string path;
  std::map<std::string, std::string> options;

  // Empty for an option that is not there.
  std::string Option(const std::string& name) const;
};

// Options may have the names in `known` only. INVALID_ARGUMENT otherwise, or when the URI is
// malformed. The error quotes nothing of the URI, and ends with `usage`. It has no line break.
absl::StatusOr<CarrierUri> ParseCarrierUri(const BackendUri& uri, int default_port,
                                           absl::Span<const absl::string_view> known,
                                           absl::string_view usage);

// OK if the file that option ca_file names can be used, or there is no such option.
absl::Status CheckCaFile(const CarrierUri& uri);

// The error of a URI that is used as `usage` says.
absl::Status BadCarrierUri(absl::string_view why, absl::string_view usage);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_CARRIER_URI_H_
