#include "common/transfer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace twofold {
namespace {

bool InitCurl() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

void Wipe(std::string& text) {
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace

void TransferStop::Stop() {
  const absl::MutexLock lock(&mutex_);
  stopped_ = true;
  // Whoever waits for such a socket wakes up.
  for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
}

bool TransferStop::stopped() const {
  const absl::MutexLock lock(&mutex_);
  return stopped_;
}

bool TransferStop::Add(int socket) {
  const absl::MutexLock lock(&mutex_);
  if (!stopped_) sockets_.insert(socket);
  return !stopped_;
}

void TransferStop::Remove(int socket) {
  const absl::MutexLock lock(&mutex_);
  sockets_.erase(socket);
}

Transfer::Transfer(const std::string& url, const char* protocol, const std::string& ca,
                   const TransferBounds& bounds, TransferStop* stop)
    : bounds_(bounds), stop_(stop), handle_(InitCurl() ? curl_easy_init() : nullptr) {
  CURL* const curl = handle_.get();
  if (curl == nullptr) return;
  // The buffer has its full size from the start, so that no copy of a secret is left behind when it
  // grows.
  body_.reserve(bounds_.max_body);
  // NOLINTBEGIN(google-runtime-int): libcurl's type.

  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason_);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocol);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(bounds_.timeout)));
  // Otherwise a look-up that takes longer than the timeout would be waited for.
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
  // Otherwise the connection would be closed after the options here no longer hold.
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &TakeHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
  if (stop_ != nullptr) {
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, &CloseSocket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, this);
  }

  // NOLINTEND(google-runtime-int)
}

Transfer::~Transfer() {
  for (curl_slist* line = headers_.get(); line != nullptr; line = line->next) {
    explicit_bzero(line->data, strlen(line->data));
  }
  Wipe(body_);
}

void Transfer::Post(absl::string_view body) {
  curl_easy_setopt(curl(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));  // NOLINT
  curl_easy_setopt(curl(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));           // NOLINT
  curl_easy_setopt(curl(), CURLOPT_POSTFIELDS, body.data());
  AddHeader("Content-Type: application/json");
  // No header of this name: the body is sent at once.
  AddHeader("Expect:");
}

void Transfer::AddHeader(const std::string& line) {
  curl_slist* const extended = curl_slist_append(headers_.get(), line.c_str());
  if (extended == nullptr) return;
  static_cast<void>(headers_.release());
  headers_.reset(extended);
}

CURLcode Transfer::Perform() {
  if (curl() == nullptr) return CURLE_FAILED_INIT;
  if (headers_ != nullptr) curl_easy_setopt(curl(), CURLOPT_HTTPHEADER, headers_.get());
  until_ = SteadyAfter(bounds_.timeout);
  return curl_easy_perform(curl());
}

std::string Transfer::Reason(CURLcode code) const {
  if (code == CURLE_WRITE_ERROR) return "the answer is too long";
  return reason_[0] != '\0' ? reason_ : curl_easy_strerror(code);
}

int Transfer::response_code() const {
  long code = 0;  // NOLINT(google-runtime-int): libcurl's type.
  curl_easy_getinfo(curl(), CURLINFO_RESPONSE_CODE, &code);
  return static_cast<int>(code);
}

bool Transfer::request_was_sent() const {
  long bytes = 0;  // NOLINT(google-runtime-int): libcurl's type.
  curl_easy_getinfo(curl(), CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

size_t Transfer::TakeBody(char* data, size_t size, size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  if (size * count > transfer.bounds_.max_body - transfer.body_.size()) return 0;
  transfer.body_.append(data, size * count);
  return size * count;
}

size_t Transfer::TakeHeader(char*, size_t size, size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  transfer.headers_size_ += size * count;
  return transfer.headers_size_ > transfer.bounds_.max_headers ? 0 : size * count;
}

// libcurl's own timeout does not hold when it says good-bye to a server.
int Transfer::Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const Transfer& transfer = *static_cast<const Transfer*>(self);
  const bool stopped = transfer.stop_ != nullptr && transfer.stop_->stopped();
  return stopped || SteadyNow() >= transfer.until_ ? 1 : 0;
}

curl_socket_t Transfer::OpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0 || static_cast<Transfer*>(self)->stop_->Add(fd)) return fd;
  close(fd);
  return CURL_SOCKET_BAD;
}

int Transfer::CloseSocket(void* self, curl_socket_t socket) {
  static_cast<Transfer*>(self)->stop_->Remove(socket);
  return close(socket);
}

}  // namespace twofold
