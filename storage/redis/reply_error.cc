#include "storage/redis/reply_error.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace twofold::redis {
namespace {

struct Known {
  absl::string_view code;
  ErrorKind kind;
  absl::string_view meaning;
};

// https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors names the form; the
// codes are those that server.c and cluster.c of Redis 7.0 send.
constexpr Known kKnown[] = {
    {"NOSCRIPT", ErrorKind::kNoScript, "does not know the script"},
    {"MOVED", ErrorKind::kMoved, "is not the node of this slot"},
    {"ASK", ErrorKind::kAsk, "is moving this slot away"},
    {"TRYAGAIN", ErrorKind::kTryAgain, "is moving this slot"},
    {"CLUSTERDOWN", ErrorKind::kTryAgain, "has a cluster that is down"},
    {"READONLY", ErrorKind::kWrongServer, "is a replica"},
    {"MASTERDOWN", ErrorKind::kWrongServer, "is a replica without its master"},
    {"UNBLOCKED", ErrorKind::kOther, "became a replica meanwhile"},
    {"LOADING", ErrorKind::kNotServing, "is still loading its data"},
    {"OOM", ErrorKind::kNotServing, "is out of memory (maxmemory)"},
    {"BUSY", ErrorKind::kNotServing, "is busy with a script"},
    {"MISCONF", ErrorKind::kNotServing, "cannot write its data to disk"},
    {"NOREPLICAS", ErrorKind::kNotServing, "has fewer replicas than its min-replicas-to-write"},
    {"NOAUTH", ErrorKind::kRefused, "wants a password"},
    {"WRONGPASS", ErrorKind::kRefused, "does not accept the user name or password"},
    {"NOPERM", ErrorKind::kRefused, "does not permit this to our user (ACL)"},
    {"DENIED", ErrorKind::kRefused, "is in protected mode"},
    {"WRONGTYPE", ErrorKind::kRefused, "holds something that is not ours under this name"},
    {"CROSSSLOT", ErrorKind::kRefused, "refuses keys of several slots"},
};

absl::string_view CodeOf(absl::string_view error) { return error.substr(0, error.find(' ')); }

const Known* Find(absl::string_view error) {
  const absl::string_view code = CodeOf(error);
  for (const Known& known : kKnown) {
    if (known.code == code) return &known;
  }
  return nullptr;
}

// Longer texts explain themselves at their beginning.
constexpr size_t kMaxShownBytes = 200;

// Codes are upper-case words.
bool IsCode(absl::string_view word) {
  return !word.empty() && word.size() <= 20 &&
         std::all_of(word.begin(), word.end(), [](unsigned char c) { return absl::ascii_isupper(c); });
}

}  // namespace

std::string ShownText(absl::string_view error) {
  // Of a command that it does not know Redis repeats the arguments, also those of AUTH.
  error = error.substr(0, error.find(", with args beginning with"));
  std::string shown;
  if (const absl::string_view code = CodeOf(error); IsCode(code)) {
    shown = absl::StrCat(" (", code, ")");
    error = absl::StripLeadingAsciiWhitespace(error.substr(code.size()));
  }
  if (!error.empty()) shown += ": ";
  for (const char c : error.substr(0, kMaxShownBytes)) {
    absl::StrAppend(&shown, absl::ascii_isprint(static_cast<unsigned char>(c)) ? std::string(1, c)
                                                                               : absl::CHexEscape({&c, 1}));
  }
  return absl::StrCat(shown, error.size() > kMaxShownBytes ? "…" : "");
}

ErrorKind KindOf(absl::string_view error) {
  const Known* const known = Find(error);
  return known == nullptr ? ErrorKind::kOther : known->kind;
}

std::optional<Endpoint> RedirectOf(absl::string_view error, const Endpoint& asked) {
  const std::vector<absl::string_view> words = absl::StrSplit(error, ' ');
  if (words.size() != 3 || (words[0] != "MOVED" && words[0] != "ASK")) return std::nullopt;
  // IPv6 addresses come without brackets.
  const size_t colon = words[2].rfind(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  Endpoint endpoint;
  endpoint.host = std::string(words[2].substr(0, colon));
  if (endpoint.host.empty()) endpoint.host = asked.host;
  int port = 0;
  if (!absl::SimpleAtoi(words[2].substr(colon + 1), &port) || port < 1 || port > UINT16_MAX) {
    return std::nullopt;
  }
  endpoint.port = static_cast<uint16_t>(port);
  return endpoint;
}

absl::Status StatusOf(absl::string_view error) {
  const Known* const known = Find(error);
  if (known != nullptr && known->kind != ErrorKind::kOther) {
    return absl::UnavailableError(absl::StrCat("Redis ", known->meaning, ShownText(error)));
  }
  return absl::UnknownError(
      absl::StrCat("Redis ", known == nullptr ? "answered with an error" : known->meaning, ShownText(error)));
}

void NoteReason(absl::Status next, absl::Status& reason) {
  if (!absl::IsFailedPrecondition(reason)) reason = std::move(next);
}

}  // namespace twofold::redis
