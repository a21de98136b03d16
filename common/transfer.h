#ifndef TWOFOLD_COMMON_TRANSFER_H_
#define TWOFOLD_COMMON_TRANSFER_H_

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/steady.h"

namespace twofold {

// Ends transfers from another thread. Thread-safe. Outlives them.
class TransferStop {
 public:
  // Transfers under way end within a second, most of them at once, and later ones fail. Does not wait
  // for them.
  void Stop();

 private:
  friend class Transfer;

  bool stopped() const;
  // False after a stop.
  bool Add(int socket);
  void Remove(int socket);

  mutable absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<int> sockets_ ABSL_GUARDED_BY(mutex_);
};

struct TransferBounds {
  // For everything, from the look-up of the name to the last byte.
  absl::Duration timeout;
  // Of the answer, in bytes.
  size_t max_body = 0;
  size_t max_headers = 0;
};

// One transfer by libcurl. It checks the server's certificate and its name, speaks TLS 1.2 or later,
// follows no redirect, uses no proxy and no stored password, and keeps no connection. Not thread-safe.
class Transfer {
 public:
  // `protocol` is the only one allowed, such as "https". `ca` is a file of CA certificates in PEM, and
  // empty for those of the system. `stop` may be null.
  Transfer(const std::string& url, const char* protocol, const std::string& ca, const TransferBounds& bounds,
           TransferStop* stop = nullptr);
  // Wipes the headers of the request, and the body of the answer.
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // For further options. Null if libcurl cannot be used.
  CURL* curl() const { return handle_.get(); }

  // Makes it a POST of `body`, which outlives the transfer. Each header is "NAME: VALUE".
  void Post(absl::string_view body);
  void AddHeader(const std::string& line);

  // Blocks. CURLE_WRITE_ERROR: the answer was too long.
  CURLcode Perform();

  // Says in a few words why Perform failed. libcurl may quote what a server's certificate says.
  std::string Reason(CURLcode code) const;
  // The last status of the answer. 0: there was none.
  int response_code() const;
  // Whether a part of an HTTP request was sent.
  bool request_was_sent() const;
  // The caller may take it, and then wipes it.
  std::string& body() { return body_; }

 private:
  struct HandleDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  static size_t TakeBody(char* data, size_t size, size_t count, void* self);
  static size_t TakeHeader(char* data, size_t size, size_t count, void* self);
  static int Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static curl_socket_t OpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int CloseSocket(void* self, curl_socket_t socket);

  const TransferBounds bounds_;
  TransferStop* const stop_;
  SteadyTime until_;
  std::string body_;
  size_t headers_size_ = 0;
  char reason_[CURL_ERROR_SIZE] = "";
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  // Destroyed first, because it calls back.
  std::unique_ptr<CURL, HandleDeleter> handle_;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_TRANSFER_H_
