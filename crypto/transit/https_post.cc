#include "crypto/transit/https_post.h"

#include <curl/curl.h>

#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "crypto/secret_bytes.h"

namespace twofold {
namespace {

// A wrapped key and its answer have a few hundred bytes.
constexpr size_t kMaxBody = 65536;
constexpr size_t kMaxHeaders = 65536;

struct Handle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct List {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// What has arrived. The buffer has its full size from the start, so that no copy of a secret is
// left behind when it grows.
struct Arrived {
  std::string body;
  size_t headers = 0;
};

size_t TakeBody(char* data, size_t size, size_t count, void* context) {
  Arrived& arrived = *static_cast<Arrived*>(context);
  if (size * count > kMaxBody - arrived.body.size()) return 0;
  arrived.body.append(data, size * count);
  return size * count;
}

size_t TakeHeader(char*, size_t size, size_t count, void* context) {
  Arrived& arrived = *static_cast<Arrived*>(context);
  arrived.headers += size * count;
  return arrived.headers > kMaxHeaders ? 0 : size * count;
}

bool InitCurl() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

}  // namespace

absl::StatusOr<HttpAnswer> SendPost(const HttpPost& post) {
  const std::unique_ptr<CURL, Handle> handle(InitCurl() ? curl_easy_init() : nullptr);
  if (handle == nullptr) return absl::InternalError("libcurl cannot be used");
  CURL* const curl = handle.get();
  std::unique_ptr<curl_slist, List> headers(curl_slist_append(nullptr, "Content-Type: application/json"));
  curl_slist_append(headers.get(), "Expect:");
  curl_slist_append(headers.get(), post.header.c_str());
  const absl::Cleanup wipe_headers = [&headers] {
    for (curl_slist* line = headers.get(); line != nullptr; line = line->next) {
      for (char* c = line->data; *c != '\0'; ++c) *static_cast<volatile char*>(c) = '\0';
    }
  };
  Arrived arrived;
  arrived.body.reserve(kMaxBody);
  absl::Cleanup wipe_body = [&arrived] { WipeString(arrived.body); };
  char reason[CURL_ERROR_SIZE] = "";
  const bool tls = absl::StartsWith(post.url, "https:");
  // NOLINTBEGIN(google-runtime-int): libcurl's type.

  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_URL, post.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(post.timeout)));
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!post.ca.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, post.ca.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(post.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post.body.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &arrived);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &TakeHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &arrived);

  // NOLINTEND(google-runtime-int)

  const CURLcode done = curl_easy_perform(curl);
  if (done == CURLE_WRITE_ERROR) return absl::UnavailableError("the answer is too long");
  if (done != CURLE_OK) {
    return absl::UnavailableError(reason[0] != '\0' ? reason : curl_easy_strerror(done));
  }
  HttpAnswer answer;
  long code = 0;  // NOLINT(google-runtime-int): libcurl's type.
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
  answer.code = static_cast<int>(code);
  std::move(wipe_body).Cancel();
  answer.body = std::move(arrived.body);
  return answer;
}

}  // namespace twofold
