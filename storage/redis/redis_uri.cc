#include "storage/redis/redis_uri.h"

#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"

namespace twofold::redis {
namespace {

constexpr int kRedisPort = 6379;
constexpr int kSentinelPort = 26379;
// WAIT counts replicas; nobody has more.
constexpr int kMaxReplicas = 100;
constexpr int kMaxDatabase = 1'000'000;
constexpr absl::Duration kMaxTimeout = absl::Minutes(1);

absl::Status Bad(absl::string_view why) { return absl::InvalidArgumentError(why); }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986 §2.1.
absl::StatusOr<std::string> PercentDecoded(absl::string_view text, absl::string_view part) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low < 0) return Bad(absl::StrCat(part, " has a % that no two hexadecimal digits follow"));
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

absl::StatusOr<Endpoint> ParseEndpoint(absl::string_view text, int default_port) {
  Endpoint endpoint;
  absl::string_view port;
  if (absl::ConsumePrefix(&text, "[")) {
    const size_t end = text.find(']');
    if (end == absl::string_view::npos) return Bad("the host has a [ without ]");
    endpoint.host = std::string(text.substr(0, end));
    port = text.substr(end + 1);
    if (!port.empty() && !absl::ConsumePrefix(&port, ":")) return Bad("a colon and a port may follow ]");
  } else {
    const size_t colon = text.find(':');
    endpoint.host = std::string(text.substr(0, colon));
    if (colon != absl::string_view::npos) port = text.substr(colon + 1);
    if (absl::StrContains(port, ":")) return Bad("an IPv6 address stands in [ and ]");
  }
  if (endpoint.host.empty()) return Bad("the host is missing");
  int number = default_port;
  if (!port.empty() && (!absl::SimpleAtoi(port, &number) || number < 1 || number > UINT16_MAX)) {
    return Bad("the port is not a number from 1 to 65535");
  }
  endpoint.port = static_cast<uint16_t>(number);
  return endpoint;
}

absl::Status ParseEndpoints(absl::string_view hosts, bool several, int default_port, RedisUri& out) {
  const std::vector<absl::string_view> parts = absl::StrSplit(hosts, ',');
  if (parts.size() > 1 && !several) return Bad("names one host; several are for Sentinel and Cluster");
  for (const absl::string_view part : parts) {
    TWOFOLD_ASSIGN_OR_RETURN(Endpoint endpoint, ParseEndpoint(part, default_port));
    out.endpoints.push_back(std::move(endpoint));
  }
  return absl::OkStatus();
}

absl::Status ParseCredentials(absl::string_view text, Credentials& out) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  TWOFOLD_ASSIGN_OR_RETURN(out.user, PercentDecoded(parts.first, "the user"));
  TWOFOLD_ASSIGN_OR_RETURN(out.password, PercentDecoded(parts.second, "the password"));
  if (out.password.empty()) return Bad("a user name needs a password: USER:PASSWORD@ or :PASSWORD@");
  return absl::OkStatus();
}

absl::Status ParseDatabase(absl::string_view text, RedisUri& out) {
  if (!absl::SimpleAtoi(text, &out.database) || out.database < 0 || out.database > kMaxDatabase) {
    return Bad("the database is not a number from 0");
  }
  return absl::OkStatus();
}

absl::Status ParseDuration(absl::string_view name, absl::string_view text, absl::Duration& out) {
  if (!absl::ParseDuration(text, &out) || out < absl::Milliseconds(1) || out > kMaxTimeout) {
    return Bad(absl::StrCat("option ", name, " must be a time from 1ms to 1m, such as 500ms"));
  }
  return absl::OkStatus();
}

absl::Status ParseOption(absl::string_view name, const std::string& value, RedisUri& out) {
  if (name == "timeout") return ParseDuration(name, value, out.timeout);
  if (name == "connect_timeout") return ParseDuration(name, value, out.connect_timeout);
  if (name == "min_replicas") {
    if (absl::SimpleAtoi(value, &out.min_replicas) && out.min_replicas >= 0 &&
        out.min_replicas <= kMaxReplicas) {
      return absl::OkStatus();
    }
    return Bad("option min_replicas must be a number from 0 to 100");
  }
  if (name == "db" && !out.endpoints.front().unix_path.empty()) return ParseDatabase(value, out);
  if (name == "tls" && out.deployment != Deployment::kSingle) {
    if (value != "true" && value != "false") return Bad("option tls must be true or false");
    out.tls = value == "true";
    return absl::OkStatus();
  }
  std::string* const text = name == "tls_ca"              ? &out.tls_files.ca
                            : name == "tls_cert"          ? &out.tls_files.cert
                            : name == "tls_key"           ? &out.tls_files.key
                            : name == "sentinel_user"     ? &out.sentinel_credentials.user
                            : name == "sentinel_password" ? &out.sentinel_credentials.password
                                                          : nullptr;
  if (text == nullptr) return Bad(absl::StrCat("there is no option ", name.substr(0, 40)));
  if (absl::StartsWith(name, "sentinel") && out.deployment != Deployment::kSentinel) {
    return Bad(absl::StrCat("option ", name, " is for redis+sentinel:"));
  }
  *text = value;
  return absl::OkStatus();
}

absl::Status ParseOptions(absl::string_view options, RedisUri& out) {
  for (const absl::string_view option : absl::StrSplit(options, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(option, absl::MaxSplits('=', 1));
    TWOFOLD_ASSIGN_OR_RETURN(const std::string value,
                             PercentDecoded(parts.second, absl::StrCat("option ", parts.first)));
    if (value.empty()) return Bad(absl::StrCat("option ", parts.first.substr(0, 40), " has no value"));
    TWOFOLD_RETURN_IF_ERROR(ParseOption(parts.first, value, out));
  }
  if (!out.tls && !(out.tls_files.ca + out.tls_files.cert + out.tls_files.key).empty()) {
    return Bad("options tls_... need rediss: or tls=true");
  }
  if (out.tls_files.cert.empty() != out.tls_files.key.empty()) return Bad("tls_cert and tls_key go together");
  return absl::OkStatus();
}

// `path` is what follows the hosts.
absl::Status ParsePath(absl::string_view path, RedisUri& out) {
  absl::ConsumePrefix(&path, "/");
  if (out.deployment == Deployment::kSentinel) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(path, absl::MaxSplits('/', 1));
    TWOFOLD_ASSIGN_OR_RETURN(out.master_name, PercentDecoded(parts.first, "the name of the master"));
    if (out.master_name.empty()) return Bad("the name of the master is missing: /MASTER after the hosts");
    path = parts.second;
  }
  if (path.empty()) return absl::OkStatus();
  if (out.deployment == Deployment::kCluster) return Bad("a cluster has database 0 alone; nothing follows");
  return ParseDatabase(path, out);
}

absl::Status Parse(const BackendUri& uri, RedisUri& out) {
  absl::string_view rest = uri.rest;
  if (!absl::ConsumePrefix(&rest, "//")) return Bad("two slashes follow the scheme");
  if (rest.find_first_of(absl::string_view("#\0", 2)) != absl::string_view::npos) {
    return Bad("has a # or a zero byte; in a password write # as %23");
  }
  const size_t question = rest.find('?');
  const absl::string_view options =
      question == absl::string_view::npos ? absl::string_view() : rest.substr(question + 1);
  rest = rest.substr(0, question);
  if (absl::StrContains(options, "@")) return Bad("has an @ among its options; in a password write ? as %3F");
  if (const size_t at = rest.rfind('@'); at != absl::string_view::npos) {
    if (absl::StrContains(rest.substr(0, at), "/")) return Bad("has a / in the password; write it as %2F");
    TWOFOLD_RETURN_IF_ERROR(ParseCredentials(rest.substr(0, at), out.credentials));
    rest.remove_prefix(at + 1);
  }
  if (uri.scheme == "redis+unix") {
    Endpoint endpoint;
    TWOFOLD_ASSIGN_OR_RETURN(endpoint.unix_path, PercentDecoded(rest, "the path"));
    if (!absl::StartsWith(endpoint.unix_path, "/")) return Bad("the path of the socket must be absolute");
    out.endpoints.push_back(std::move(endpoint));
    return ParseOptions(options, out);
  }
  out.deployment = uri.scheme == "redis+sentinel"  ? Deployment::kSentinel
                   : uri.scheme == "redis+cluster" ? Deployment::kCluster
                                                   : Deployment::kSingle;
  out.tls = uri.scheme == "rediss";
  const size_t slash = rest.find('/');
  TWOFOLD_RETURN_IF_ERROR(ParseEndpoints(rest.substr(0, slash), out.deployment != Deployment::kSingle,
                                         out.deployment == Deployment::kSentinel ? kSentinelPort : kRedisPort,
                                         out));
  TWOFOLD_RETURN_IF_ERROR(
      ParsePath(slash == absl::string_view::npos ? absl::string_view() : rest.substr(slash), out));
  return ParseOptions(options, out);
}

}  // namespace

absl::StatusOr<RedisUri> ParseRedisUri(const BackendUri& uri) {
  RedisUri out;
  const absl::Status status = Parse(uri, out);
  if (!status.ok()) return absl::InvalidArgumentError(absl::StrCat(uri.scheme, ": ", status.message()));
  return out;
}

}  // namespace twofold::redis
