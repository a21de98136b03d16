#ifndef TWOFOLD_CLIENTS_PROMPT_HTTP_EXCHANGE_H_
#define TWOFOLD_CLIENTS_PROMPT_HTTP_EXCHANGE_H_

#include <microhttpd.h>

#include <cstddef>
#include <optional>
#include <string>

#include "clients/prompt/http.h"

namespace twofold {

// One request as libmicrohttpd hands it over piece by piece, and its answer. It belongs to one connection.
class HttpExchange {
 public:
  // The request's line and headers are there.
  HttpExchange(MHD_Connection* connection, const char* path, const char* method);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  // The status with which the request is refused before its body is read. 0: it is not refused.
  unsigned refusal() const { return refusal_; }

  // Returns false if the body is too long or is no form.
  bool TakeBody(const char* data, size_t size);
  // The body is there. Returns false if it ends in the middle of something.
  bool EndBody();

  HttpRequest& request() { return request_; }
  void set_response(HttpResponse response) { response_ = std::move(response); }
  const std::optional<HttpResponse>& response() const { return response_; }

  // Whether the request was handed to the handler.
  bool handed_over = false;

 private:
  static MHD_Result TakeField(void* self, enum MHD_ValueKind kind, const char* key, const char* filename,
                              const char* content_type, const char* encoding, const char* data,
                              uint64_t offset, size_t size);

  HttpRequest request_;
  std::optional<HttpResponse> response_;
  MHD_PostProcessor* form_ = nullptr;
  size_t body_size_ = 0;
  unsigned refusal_ = 0;
};

// Answers the connection, which must not be suspended.
MHD_Result SendResponse(MHD_Connection* connection, const HttpResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_HTTP_EXCHANGE_H_
