// ParseForwardedIdentity takes a header in which a proxy quotes the subject of a client's
// certificate. Nothing in a quoted subject counts as an identity, whatever the client wrote there.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/access/forwarded_identity.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void Run(const uint8_t* data, size_t size) {
  const std::string text(data, data + size);
  const auto parsed = twofold::ParseForwardedIdentity(text);
  Require(parsed.ok() || absl::IsInvalidArgument(parsed.status()));
  if (parsed.ok()) {
    for (const std::string& identity : *parsed) {
      Require(identity.size() > 4);
      Require(absl::StartsWith(identity, "uri:") || absl::StartsWith(identity, "dns:"));
    }
  }

  // As Envoy quotes it.
  const std::string subject = absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}});
  const std::string header = absl::StrCat("Hash=ab;Subject=\"", subject, "\";URI=spiffe://test/web");
  const auto quoted = twofold::ParseForwardedIdentity(header);
  Require(quoted.ok() && *quoted == std::vector<std::string>{"uri:spiffe://test/web"});

  const auto uri = twofold::ParseForwardedIdentity(absl::StrCat("URI=\"", subject, "\""));
  // A name is not empty.
  Require(uri.ok() == !text.empty());
  Require(text.empty() || (uri->size() == 1 && uri->front() == "uri:" + text));
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("forwarded_identity", &Run);

}  // namespace
