#ifndef TWOFOLD_CLIENTS_PROMPT_HTTP_H_
#define TWOFOLD_CLIENTS_PROMPT_HTTP_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

// What a browser asks and what it gets, as plain values.

namespace twofold {

// Values by their names. Where a name is there twice, the last value counts.
using HttpValues = std::map<std::string, std::string, std::less<>>;

// Returns an empty text where there is no such value.
inline absl::string_view ValueOf(const HttpValues& values, absl::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? absl::string_view() : absl::string_view(found->second);
}

struct HttpRequest {
  std::string method;  // GET, HEAD or POST
  std::string path;
  HttpValues headers;  // by names in lower case
  HttpValues cookies;
  HttpValues query;
  HttpValues form;   // of a POST
  std::string peer;  // the IP address at the other end of the connection
};

struct HttpResponse {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_HTTP_H_
