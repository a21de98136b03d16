#include "clients/prompt/http_exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace twofold {
namespace {

constexpr size_t kMaxBody = size_t{64} << 10;
constexpr size_t kMaxFields = 32;
// What libmicrohttpd gathers before it hands over a piece of a value. Names are shorter.
constexpr size_t kFormBuffer = 1024;
constexpr char kFormType[] = "application/x-www-form-urlencoded";

MHD_Result TakeValue(void* values, enum MHD_ValueKind /*kind*/, const char* key, const char* value) {
  (*static_cast<HttpValues*>(values))[key] = value == nullptr ? "" : value;
  return MHD_YES;
}

MHD_Result TakeHeader(void* values, enum MHD_ValueKind /*kind*/, const char* key, const char* value) {
  std::string& all = (*static_cast<HttpValues*>(values))[absl::AsciiStrToLower(key)];
  // The lines of a header that is there several times are one list (RFC 9110 section 5.3).
  if (!all.empty()) all += ", ";
  all += value == nullptr ? "" : value;
  return MHD_YES;
}

std::string PeerOf(MHD_Connection* connection) {
  const MHD_ConnectionInfo* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return "";
  char text[INET6_ADDRSTRLEN] = "";
  if (info->client_addr->sa_family == AF_INET6) {
    const auto* const address = reinterpret_cast<const sockaddr_in6*>(info->client_addr);
    inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof(text));
  } else {
    const auto* const address = reinterpret_cast<const sockaddr_in*>(info->client_addr);
    inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
  }
  return text;
}

}  // namespace

HttpExchange::HttpExchange(MHD_Connection* connection, const char* path, const char* method) {
  request_.path = path;
  request_.method = method;
  request_.peer = PeerOf(connection);
  MHD_get_connection_values(connection, MHD_HEADER_KIND, &TakeHeader, &request_.headers);
  MHD_get_connection_values(connection, MHD_COOKIE_KIND, &TakeValue, &request_.cookies);
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &TakeValue, &request_.query);
  if (request_.method == MHD_HTTP_METHOD_GET || request_.method == MHD_HTTP_METHOD_HEAD) return;
  if (request_.method != MHD_HTTP_METHOD_POST) {
    refusal_ = MHD_HTTP_METHOD_NOT_ALLOWED;
    return;
  }
  size_t length = 0;
  if (absl::SimpleAtoi(ValueOf(request_.headers, "content-length"), &length) && length > kMaxBody) {
    refusal_ = MHD_HTTP_CONTENT_TOO_LARGE;
    return;
  }
  if (!absl::StartsWithIgnoreCase(ValueOf(request_.headers, "content-type"), kFormType)) {
    refusal_ = MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    return;
  }
  form_ = MHD_create_post_processor(connection, kFormBuffer, &HttpExchange::TakeField, this);
  if (form_ == nullptr) refusal_ = MHD_HTTP_BAD_REQUEST;
}

HttpExchange::~HttpExchange() {
  if (form_ != nullptr) MHD_destroy_post_processor(form_);
}

bool HttpExchange::TakeBody(const char* data, size_t size) {
  body_size_ += size;
  return form_ != nullptr && body_size_ <= kMaxBody && MHD_post_process(form_, data, size) == MHD_YES;
}

bool HttpExchange::EndBody() {
  // The library hands over the last field when it is told that there is no more.
  return form_ == nullptr || MHD_destroy_post_processor(std::exchange(form_, nullptr)) == MHD_YES;
}

MHD_Result HttpExchange::TakeField(void* self, enum MHD_ValueKind /*kind*/, const char* key,
                                   const char* /*filename*/, const char* /*content_type*/,
                                   const char* /*encoding*/, const char* data, uint64_t offset, size_t size) {
  HttpValues& form = static_cast<HttpExchange*>(self)->request_.form;
  if (form.size() >= kMaxFields && form.find(key) == form.end()) return MHD_NO;
  std::string& value = form[key];
  if (offset == 0) value.clear();
  value.append(data, size);
  return MHD_YES;
}

MHD_Result SendResponse(MHD_Connection* connection, const HttpResponse& response) {
  // The library copies the body. It writes to the memory only in other modes.
  MHD_Response* const answer = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (answer == nullptr) return MHD_NO;
  for (const auto& [name, value] : response.headers) {
    MHD_add_response_header(answer, name.c_str(), value.c_str());
  }
  const MHD_Result queued = MHD_queue_response(connection, response.status, answer);
  MHD_destroy_response(answer);
  return queued;
}

}  // namespace twofold
