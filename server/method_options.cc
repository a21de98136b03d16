#include "server/method_options.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/unicode.h"
#include "server/access/return_url.h"
#include "server/delivery/destination.h"
#include "storage/backend_uri.h"

namespace twofold {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxNameBytes = 64;
constexpr int64_t kMaxSends = 1'000'000'000;

// Lower-case letters, digits and hyphens in labels, as browsers write a host.
bool IsHost(absl::string_view text) {
  const auto is_label = [](absl::string_view label) {
    const auto allowed = [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; };
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), allowed);
  };
  const std::vector<absl::string_view> labels = absl::StrSplit(text, '.');
  return text.size() <= kMaxHostBytes && std::all_of(labels.begin(), labels.end(), is_label);
}

bool IsWithin(absl::string_view host, absl::string_view domain) {
  return host == domain || absl::EndsWith(host, absl::StrCat(".", domain));
}

// Browsers use keys on https pages, and on http pages of the machine itself, whose hosts end in "localhost".
bool IsOrigin(absl::string_view text, absl::string_view rp_id) {
  const bool https = absl::ConsumePrefix(&text, "https://");
  if (!https && !absl::ConsumePrefix(&text, "http://")) return false;
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  const auto& [host, port] = parts;
  if (host.size() != text.size()) {
    int number = 0;
    const bool is_port = absl::SimpleAtoi(port, &number) && number > 0 && number <= 65535;
    // Browsers leave out the port of the scheme and write no zeros before a number.
    if (!is_port || absl::StrCat(number) != port || number == (https ? 443 : 80)) return false;
  }
  return IsHost(host) && IsWithin(host, rp_id) && (https || IsWithin(host, "localhost"));
}

void ReadSecurityKeys(OptionReader& reader, Options& options) {
  RelyingParty& party = options.relying_party;
  party.id = reader.Text("webauthn_rp_id");
  party.name = reader.Text("webauthn_rp_name");
  const std::string& origins = reader.Text("webauthn_origins");
  if (party.id.empty()) {
    if (!party.name.empty()) reader.Refuse("webauthn_rp_name", "needs --webauthn_rp_id");
    if (!origins.empty()) reader.Refuse("webauthn_origins", "needs --webauthn_rp_id");
  } else if (!IsHost(party.id)) {
    reader.RefuseText("webauthn_rp_id",
                      "a host in lower case without scheme and port, such as login.example.org");
  }
  if (party.name.empty()) party.name = options.issuer;
  if (party.name.size() > kMaxNameBytes || !TextFault(party.name).empty()) {
    reader.RefuseText("webauthn_rp_name",
                      absl::StrCat("at most ", kMaxNameBytes, " bytes of UTF-8 without control characters"));
  }
  if (origins.empty()) {
    party.origins = {absl::StrCat("https://", party.id)};
  } else {
    party.origins = absl::StrSplit(origins, ',');
  }
  for (const std::string& origin : party.origins) {
    if (party.id.empty() || IsOrigin(origin, party.id)) continue;
    reader.RefuseText(
        "webauthn_origins",
        absl::StrCat("origins as browsers write them, with commas between them, such as https://", party.id,
                     "; each must be at --webauthn_rp_id or below it"));
  }
  const std::string& verification = reader.Text("webauthn_user_verification");
  bool known = false;
  for (const UserVerification value :
       {UserVerification::kRequired, UserVerification::kPreferred, UserVerification::kDiscouraged}) {
    if (verification != NameOf(value)) continue;
    party.user_verification = value;
    known = true;
  }
  if (!known) reader.RefuseText("webauthn_user_verification", "required, preferred or discouraged");
}

void ReadSentCodes(OptionReader& reader, Options& options) {
  options.sms_carrier = reader.Uri("sms_carrier", "");
  absl::StatusOr<std::vector<std::string>> prefixes = ParseDialPrefixes(reader.Text("sms_prefixes"));
  if (prefixes.ok()) {
    options.sms_prefixes = *std::move(prefixes);
  } else {
    reader.RefuseText("sms_prefixes", prefixes.status().message());
  }
  if (options.sms_carrier.empty() && !options.sms_prefixes.empty()) {
    reader.Refuse("sms_prefixes", "needs --sms_carrier");
  }
  if (!options.sms_carrier.empty() && options.sms_prefixes.empty()) {
    reader.Refuse("sms_carrier",
                  "needs --sms_prefixes, because a number with no listed prefix gets no message");
  }
  options.email_carrier = reader.Uri("email_carrier", "");
  const bool email_codes = reader.Switch("email_codes", false);
  if (email_codes && options.email_carrier.empty()) reader.Refuse("email_codes", "needs --email_carrier");
  if (!email_codes && !options.email_carrier.empty()) {
    reader.Refuse("email_carrier",
                  "needs --email_codes, because NIST SP 800-63B-4 does not allow e-mail as a second factor");
  }
  options.restricted_alone = reader.Switch("restricted_alone", false);
  options.send_daily_limit = reader.Count("send_daily_limit", kMaxSends);
  options.send_prefix_daily_limit = reader.Count("send_prefix_daily_limit", kMaxSends);
}

void ReadPrompts(OptionReader& reader, Options& options) {
  options.prompt_url = std::string(absl::StripSuffix(reader.Text("prompt_url"), "/"));
  if (options.prompt_url.empty()) return;
  const absl::StatusOr<ReturnUrl> url = ParseReturnUrl(absl::StrCat(options.prompt_url, "/start"));
  if (!url.ok())
    reader.RefuseText("prompt_url", absl::StrCat("a URL of https, but it ", url.status().message()));
}

}  // namespace

void ReadMethods(OptionReader& reader, Options& options) {
  ReadPrompts(reader, options);
  ReadSecurityKeys(reader, options);
  ReadSentCodes(reader, options);
}

std::string DescribeMethods(const Options& options) {
  const RelyingParty& party = options.relying_party;
  return absl::StrCat(" webauthn_rp_id=", party.id, " webauthn_rp_name=", QuoteOption(party.name),
                      " webauthn_origins=", party.id.empty() ? "" : absl::StrJoin(party.origins, ","),
                      " webauthn_user_verification=", NameOf(party.user_verification),
                      " prompt_url=", options.prompt_url, " sms_carrier=", RedactUri(options.sms_carrier),
                      " sms_prefixes=", absl::StrJoin(options.sms_prefixes, ","),
                      " email_carrier=", RedactUri(options.email_carrier),
                      " restricted_alone=", options.restricted_alone ? "true" : "false",
                      " send_daily_limit=", options.send_daily_limit,
                      " send_prefix_daily_limit=", options.send_prefix_daily_limit);
}

MethodSettings MethodSettingsOf(const Options& options) {
  MethodSettings settings;
  settings.issuer = options.issuer;
  settings.relying_party = options.relying_party;
  const CarrierRegistry carriers = BuiltinCarriers();
  settings.sms.is_on = !options.sms_carrier.empty();
  settings.sms.goes_to_caller = carriers.TraitsOf(options.sms_carrier).returns_to_caller;
  settings.sms.dial_prefixes = options.sms_prefixes;
  settings.email.is_on = !options.email_carrier.empty();
  settings.email.goes_to_caller = carriers.TraitsOf(options.email_carrier).returns_to_caller;
  return settings;
}

}  // namespace twofold
