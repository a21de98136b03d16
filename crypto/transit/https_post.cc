#include "crypto/transit/https_post.h"

#include <utility>

#include "absl/strings/match.h"
#include "common/transfer.h"

namespace twofold {
namespace {

// A wrapped key and its answer have a few hundred bytes.
constexpr size_t kMaxBody = 65536;
constexpr size_t kMaxHeaders = 65536;

}  // namespace

absl::StatusOr<HttpAnswer> SendPost(const HttpPost& post) {
  const TransferBounds bounds{post.timeout, kMaxBody, kMaxHeaders};
  Transfer transfer(post.url, absl::StartsWith(post.url, "https:") ? "https" : "http", post.ca, bounds);
  if (transfer.curl() == nullptr) return absl::InternalError("libcurl cannot be used");
  transfer.Post(post.body);
  transfer.AddHeader(post.header);
  const CURLcode done = transfer.Perform();
  if (done != CURLE_OK) return absl::UnavailableError(transfer.Reason(done));
  HttpAnswer answer;
  answer.code = transfer.response_code();
  answer.body = std::move(transfer.body());
  return answer;
}

}  // namespace twofold
