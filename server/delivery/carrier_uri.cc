#include "server/delivery/carrier_uri.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/address.h"
#include "common/trusted_file.h"

namespace twofold {
namespace {

// Of a path (RFC 3986 §3.3), without the @ that a misplaced password would bring.
constexpr absl::string_view kPathSymbols = "/-._~%!$'()*+,;=:";
// Of a file's name or an address. An & would begin the next option.
constexpr absl::string_view kValueSymbols = "/-._~%!$'()*+,;=:@^{}|`?";
constexpr absl::string_view kAlnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool Consists(absl::string_view text, absl::string_view symbols) {
  return std::all_of(text.begin(), text.end(), [symbols](char c) {
    return kAlnum.find(c) != absl::string_view::npos || symbols.find(c) != absl::string_view::npos;
  });
}

}  // namespace

std::string CarrierUri::Option(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

absl::Status CheckCaFile(const CarrierUri& uri) {
  constexpr size_t kMaxCaFile = 4 << 20;
  const std::string path = uri.Option("ca_file");
  if (path.empty()) return absl::OkStatus();
  std::string text;
  absl::Status read = ReadTrustedFile(path, Secrecy::kPublic, kMaxCaFile, text);
  if (read.ok()) return read;
  return absl::FailedPreconditionError(
      absl::StrCat("the file ", path, " cannot be used: it ", read.message()));
}

absl::Status BadCarrierUri(absl::string_view why, absl::string_view usage) {
  return absl::InvalidArgumentError(absl::StrCat(why, ". Write ", usage));
}

absl::StatusOr<CarrierUri> ParseCarrierUri(const BackendUri& uri, int default_port,
                                           absl::Span<const absl::string_view> known,
                                           absl::string_view usage) {
  const auto bad = [usage](absl::string_view why) { return BadCarrierUri(why, usage); };
  absl::string_view rest = uri.rest;
  if (!absl::ConsumePrefix(&rest, "//")) return bad("the host is missing");
  const std::pair<absl::string_view, absl::string_view> halves =
      absl::StrSplit(rest, absl::MaxSplits('?', 1));
  const size_t slash = std::min(halves.first.find('/'), halves.first.size());
  absl::string_view server = halves.first.substr(0, slash);
  CarrierUri parsed;
  // The last one, because the user's name may be an e-mail address.
  const size_t at = server.rfind('@');
  if (at != absl::string_view::npos) {
    parsed.user = std::string(server.substr(0, at));
    server.remove_prefix(at + 1);
    if (parsed.user.empty() || !Consists(parsed.user, "-._~!$'()*+,;=@")) {
      return bad("the user is not one name, and a password does not stand in the URI");
    }
  }
  parsed.server = std::string(server);
  if (!ParseAddress(parsed.server).ok()) absl::StrAppend(&parsed.server, ":", default_port);
  const absl::StatusOr<Address> address = ParseAddress(parsed.server);
  if (!address.ok() || address->is_unix() || address->port == 0) return bad("HOST or HOST:PORT is malformed");
  parsed.path = std::string(halves.first.substr(slash));
  if (!Consists(parsed.path, kPathSymbols)) return bad("the path has a character that is not allowed");
  for (const absl::string_view option : absl::StrSplit(halves.second, '&', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(option, absl::MaxSplits('=', 1));
    if (std::find(known.begin(), known.end(), parts.first) == known.end()) {
      return bad("there is an unknown option");
    }
    if (parts.second.empty()) return bad(absl::StrCat("option ", parts.first, " is empty"));
    if (!Consists(parts.second, kValueSymbols)) {
      return bad(absl::StrCat("option ", parts.first, " has a character that is not allowed"));
    }
    if (!parsed.options.insert(parts).second)
      return bad(absl::StrCat("option ", parts.first, " stands twice"));
  }
  return parsed;
}

}  // namespace twofold
