#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/address.h"
#include "common/status_macros.h"
#include "crypto/transit/transit.h"

namespace twofold {
namespace {

constexpr absl::string_view kPathCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
constexpr absl::Duration kMaxTimeout = absl::Minutes(1);

absl::Status Bad(absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(why, ". Write //HOST:PORT/MOUNT/KEY?keyring=PATH&token_file=PATH"));
}

bool IsPathPart(absl::string_view part) {
  return !part.empty() && part.find_first_not_of(kPathCharacters) == absl::string_view::npos &&
         part.find_first_not_of('.') != absl::string_view::npos;
}

absl::Status ReadPath(absl::string_view path, TransitSettings& settings) {
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '/');
  for (const absl::string_view part : parts) {
    if (!IsPathPart(part)) return Bad("the mount and the key consist of letters, digits, _, - and .");
  }
  if (parts.size() < 2) return Bad("the mount or the key is missing");
  settings.key = std::string(parts.back());
  settings.mount = std::string(path.substr(0, path.rfind('/')));
  return absl::OkStatus();
}

absl::Status ReadOption(absl::string_view name, absl::string_view value, TransitSettings& settings) {
  if (value.empty()) return Bad(absl::StrCat("option ", name, " is empty"));
  if (name == "keyring") settings.keyring = std::string(value);
  if (name == "token_file") settings.token_file = std::string(value);
  if (name == "ca") settings.ca = std::string(value);
  if (name == "timeout") {
    if (!absl::ParseDuration(value, &settings.timeout) || settings.timeout < absl::Milliseconds(1) ||
        settings.timeout > kMaxTimeout) {
      return Bad("option timeout is not a time from 1ms to 1m, such as 5s");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TransitSettings> ParseTransitUri(absl::string_view rest, bool tls) {
  if (!absl::ConsumePrefix(&rest, "//")) return Bad("the host is missing");
  const std::pair<absl::string_view, absl::string_view> halves =
      absl::StrSplit(rest, absl::MaxSplits('?', 1));
  const std::pair<absl::string_view, absl::string_view> place =
      absl::StrSplit(halves.first, absl::MaxSplits('/', 1));
  if (absl::StrContains(place.first, '@'))
    return Bad("the token does not stand in the URI but in token_file");
  const absl::StatusOr<Address> address = ParseAddress(place.first);
  if (!address.ok() || address->is_unix() || address->port == 0) return Bad("HOST:PORT is malformed");
  if (!tls && !IsLoopback(place.first)) {
    return Bad(
        "without TLS the host must be this machine, because the keys would cross the network in clear");
  }
  TransitSettings settings;
  settings.server = absl::StrCat(tls ? "https://" : "http://", place.first);
  TWOFOLD_RETURN_IF_ERROR(ReadPath(place.second, settings));
  for (const absl::string_view option : absl::StrSplit(halves.second, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(option, absl::MaxSplits('=', 1));
    const absl::string_view name = parts.first;
    if (name != "keyring" && name != "token_file" && name != "ca" && name != "timeout") {
      return Bad("an option is none of keyring, token_file, ca and timeout");
    }
    TWOFOLD_RETURN_IF_ERROR(ReadOption(name, parts.second, settings));
  }
  if (settings.keyring.empty()) return Bad("option keyring is missing");
  if (settings.token_file.empty()) return Bad("option token_file is missing");
  if (!tls && !settings.ca.empty()) return Bad("option ca is for TLS");
  return settings;
}

}  // namespace twofold
