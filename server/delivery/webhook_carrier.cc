#include "server/delivery/webhook_carrier.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "common/status_macros.h"
#include "common/transfer.h"
#include "common/trusted_file.h"
#include "server/delivery/carrier_uri.h"
#include "server/delivery/message_form.h"
#include "server/delivery/transfer_error.h"
#include "server/delivery/webhook_signature.h"

namespace twofold {
namespace {

constexpr absl::string_view kUsage = "https://HOST/PATH?secret_file=PATH";
constexpr absl::string_view kOptions[] = {"secret_file", "ca_file"};
constexpr absl::string_view kHttps = "https";
constexpr int kHttpsPort = 443;
constexpr int kHttpPort = 80;
constexpr size_t kMaxSecretFile = 1024;
// Proxies add some to what the receiver writes.
constexpr size_t kMaxHeaders = 16384;

absl::StatusOr<CarrierUri> ParseUri(const BackendUri& uri) {
  const bool tls = uri.scheme == kHttps;
  TWOFOLD_ASSIGN_OR_RETURN(CarrierUri parsed,
                           ParseCarrierUri(uri, tls ? kHttpsPort : kHttpPort, kOptions, kUsage));
  if (!parsed.user.empty()) return BadCarrierUri("the secret stands in secret_file, not in the URI", kUsage);
  if (parsed.Option("secret_file").empty()) return BadCarrierUri("option secret_file is missing", kUsage);
  if (!tls && !IsLoopback(parsed.server)) {
    return BadCarrierUri(
        "without TLS the host must be this machine, because codes would cross the network in clear", kUsage);
  }
  if (!tls && !parsed.Option("ca_file").empty()) return BadCarrierUri("option ca_file is for TLS", kUsage);
  return parsed;
}

absl::StatusOr<std::vector<SecretBytes>> ReadSecrets(const std::string& path) {
  std::string text;
  const absl::Cleanup wipe = [&text] { WipeString(text); };
  absl::Status used = ReadTrustedFile(path, Secrecy::kSecret, kMaxSecretFile, text);
  if (used.ok()) {
    absl::StatusOr<std::vector<SecretBytes>> secrets = ParseWebhookSecrets(text);
    if (secrets.ok()) return secrets;
    used = secrets.status();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the file ", path, " cannot be used: it ", used.message()));
}

class WebhookCarrier final : public Carrier {
 public:
  WebhookCarrier(CarrierUri uri, bool tls, const Clock& clock)
      : uri_(std::move(uri)),
        tls_(tls),
        clock_(clock),
        server_(absl::StrCat("the webhook at ", uri_.server)) {}

  absl::Status Deliver(const Message& message) override {
    TWOFOLD_RETURN_IF_ERROR(CheckMessage(message));
    const absl::StatusOr<std::vector<SecretBytes>> secrets = ReadSecrets(uri_.Option("secret_file"));
    if (!secrets.ok()) return absl::UnavailableError(secrets.status().message());
    const UnixMillis now = clock_.Now();
    std::string body = MessageJson(message, now);
    const absl::Cleanup wipe = [&body] { WipeString(body); };
    const TransferBounds bounds{kDeliveryTimeout, kMaxCarrierAnswer, kMaxHeaders};
    const char* const protocol = tls_ ? "https" : "http";
    Transfer transfer(absl::StrCat(protocol, "://", uri_.server, uri_.path), protocol, uri_.Option("ca_file"),
                      bounds, &stop_);
    if (transfer.curl() == nullptr) return absl::UnavailableError("libcurl cannot be used");
    transfer.Post(body);
    const int64_t seconds = now / kMillisPerSecond;
    transfer.AddHeader(absl::StrCat("webhook-id: ", message.id));
    transfer.AddHeader(absl::StrCat("webhook-timestamp: ", seconds));
    transfer.AddHeader(absl::StrCat("webhook-signature: ", SignWebhook(*secrets, message.id, seconds, body)));
    const CURLcode done = transfer.Perform();
    if (done == CURLE_OK) return Judge(transfer.response_code());
    // Nothing that the receiver wrote in an answer is shown. A certificate comes before the message.
    if (!transfer.request_was_sent()) return NotReached(server_, transfer.Reason(done));
    return absl::UnknownError(
        absl::StrCat(server_, " got the message but gave no answer: ",
                     done == CURLE_WRITE_ERROR ? "the answer is too long" : curl_easy_strerror(done)));
  }

  bool receiver_knows_ids() const override { return true; }
  void Stop() override { stop_.Stop(); }

 private:
  absl::Status Judge(int code) const {
    constexpr int kFirstSuccess = 200;
    constexpr int kFirstRedirect = 300;
    constexpr int kFirstServerError = 500;
    if (code >= kFirstSuccess && code < kFirstRedirect) return absl::OkStatus();
    const std::string why = absl::StrCat(server_, " answers with HTTP status ", code);
    switch (code) {
      case 408:  // Request Timeout
      case 425:  // Too Early
      case 429:  // Too Many Requests
      case 503:  // Service Unavailable
        return absl::UnavailableError(why);
      default:
        return code >= kFirstServerError ? absl::UnknownError(why) : absl::InvalidArgumentError(why);
    }
  }

  const CarrierUri uri_;
  const bool tls_;
  const Clock& clock_;
  // How errors name the receiver.
  const std::string server_;
  TransferStop stop_;
};

}  // namespace

absl::Status CheckWebhookUri(const BackendUri& uri) { return ParseUri(uri).status(); }

absl::StatusOr<std::unique_ptr<Carrier>> OpenWebhookCarrier(const BackendUri& uri, const Clock& clock) {
  TWOFOLD_ASSIGN_OR_RETURN(CarrierUri parsed, ParseUri(uri));
  TWOFOLD_RETURN_IF_ERROR(CheckCaFile(parsed));
  TWOFOLD_RETURN_IF_ERROR(ReadSecrets(parsed.Option("secret_file")).status());
  return std::make_unique<WebhookCarrier>(std::move(parsed), uri.scheme == kHttps, clock);
}

}  // namespace twofold
