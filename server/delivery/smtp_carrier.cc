#include "server/delivery/smtp_carrier.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "common/transfer.h"
#include "common/trusted_file.h"
#include "crypto/secret_bytes.h"
#include "server/delivery/carrier_uri.h"
#include "server/delivery/destination.h"
#include "server/delivery/mail.h"
#include "server/delivery/message_form.h"
#include "server/delivery/transfer_error.h"

namespace twofold {
namespace {

constexpr absl::string_view kUsage = "smtps://USER@HOST?password_file=PATH&from=ADDRESS";
constexpr absl::string_view kOptions[] = {"from", "password_file", "ca_file"};
constexpr absl::string_view kImplicitTls = "smtps";
// RFC 8314 §3.3, RFC 6409 §3.1.
constexpr int kSmtpsPort = 465;
constexpr int kSubmissionPort = 587;
constexpr size_t kMaxPasswordFile = 1024;
// The replies of a whole session.
constexpr size_t kMaxReplies = 16384;
// libcurl looks at its limits once a second while it waits for the last reply, or for the end of the
// session.
constexpr absl::Duration kGranularity = absl::Seconds(1);

absl::StatusOr<CarrierUri> ParseUri(const BackendUri& uri) {
  const int port = uri.scheme == kImplicitTls ? kSmtpsPort : kSubmissionPort;
  TWOFOLD_ASSIGN_OR_RETURN(CarrierUri parsed, ParseCarrierUri(uri, port, kOptions, kUsage));
  if (!parsed.path.empty()) return BadCarrierUri("a mail server has no path", kUsage);
  if (!CheckEmailAddress(parsed.Option("from")).ok()) {
    return BadCarrierUri("option from is missing or no plain e-mail address", kUsage);
  }
  if (parsed.user.empty() != parsed.Option("password_file").empty()) {
    return BadCarrierUri("a user and option password_file need each other", kUsage);
  }
  return parsed;
}

absl::Status ReadPassword(const std::string& path, std::string& password) {
  absl::Status read = ReadTrustedFile(path, Secrecy::kSecret, kMaxPasswordFile, password);
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) password.pop_back();
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  if (read.ok() && (password.empty() || std::any_of(password.begin(), password.end(), is_control))) {
    read = absl::InvalidArgumentError("does not hold one password");
  }
  if (read.ok()) return read;
  return absl::FailedPreconditionError(
      absl::StrCat("the file ", path, " cannot be used: it ", read.message()));
}

// The part of a mail that libcurl has not read.
struct Upload {
  absl::string_view rest;
  // libcurl knows the end, and may have told the server.
  bool ended = false;
};

size_t ReadMail(char* buffer, size_t size, size_t count, void* context) {
  Upload& upload = *static_cast<Upload*>(context);
  const size_t taken = upload.rest.copy(buffer, size * count);
  upload.rest.remove_prefix(taken);
  upload.ended = taken == 0;
  return taken;
}

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

class SmtpCarrier final : public Carrier {
 public:
  SmtpCarrier(CarrierUri uri, bool implicit_tls, const Clock& clock)
      : uri_(std::move(uri)),
        implicit_tls_(implicit_tls),
        clock_(clock),
        from_(uri_.Option("from")),
        server_(absl::StrCat("the mail server ", uri_.server)) {}

  absl::Status Deliver(const Message& message) override {
    TWOFOLD_RETURN_IF_ERROR(CheckMessage(message));
    if (message.type != v1::METHOD_TYPE_EMAIL) return absl::InvalidArgumentError("the message is no mail");
    std::string password;
    const absl::Cleanup wipe_password = [&password] { WipeString(password); };
    if (!uri_.user.empty()) {
      const absl::Status read = ReadPassword(uri_.Option("password_file"), password);
      if (!read.ok()) return absl::UnavailableError(read.message());
    }
    std::string mail = MailOf(message, from_, clock_.Now());
    const absl::Cleanup wipe_mail = [&mail] { WipeString(mail); };
    return Send(message.destination, mail, password);
  }

  bool receiver_knows_ids() const override { return false; }
  void Stop() override { stop_.Stop(); }

 private:
  absl::Status Send(const std::string& to, absl::string_view mail, const std::string& password) {
    const char* const protocol = implicit_tls_ ? "smtps" : "smtp";
    // The path is the name in EHLO. The name of this machine is nobody's business.
    const std::string url =
        absl::StrCat(protocol, "://", uri_.server, "/", from_.substr(from_.find('@') + 1));
    const TransferBounds bounds{kDeliveryTimeout - kGranularity, kMaxCarrierAnswer, kMaxReplies};
    Transfer transfer(url, protocol, uri_.Option("ca_file"), bounds, &stop_);
    CURL* const curl = transfer.curl();
    if (curl == nullptr) return absl::UnavailableError("libcurl cannot be used");
    const std::unique_ptr<curl_slist, ListDeleter> recipients(
        curl_slist_append(nullptr, absl::StrCat("<", to, ">").c_str()));
    Upload upload{mail};
    // NOLINTBEGIN(google-runtime-int): libcurl's type.

    // In clear nothing is sent but EHLO and STARTTLS.
    curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    if (!uri_.user.empty()) {
      curl_easy_setopt(curl, CURLOPT_USERNAME, uri_.user.c_str());
      curl_easy_setopt(curl, CURLOPT_PASSWORD, password.c_str());
      curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, absl::StrCat("<", from_, ">").c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, &ReadMail);
    curl_easy_setopt(curl, CURLOPT_READDATA, &upload);

    // NOLINTEND(google-runtime-int)
    const CURLcode done = transfer.Perform();
    return Judge(done, transfer, upload.ended);
  }

  // `ended`: the end of the mail may have reached the server.
  absl::Status Judge(CURLcode done, const Transfer& transfer, bool ended) const {
    constexpr int kTaken = 250;
    constexpr int kFirstTransient = 400;
    constexpr int kFirstPermanent = 500;
    const int code = transfer.response_code();
    // Whatever happened after the server took the mail.
    if (ended && code == kTaken) return absl::OkStatus();
    if (done != CURLE_OK && code >= kFirstTransient) {
      const std::string why = absl::StrCat(server_, " refuses the mail with code ", code);
      return code >= kFirstPermanent ? absl::InvalidArgumentError(why) : absl::UnavailableError(why);
    }
    if (ended) {
      return absl::UnknownError(
          absl::StrCat(server_, " got the mail but gave no answer: ", curl_easy_strerror(done)));
    }
    return NotReached(server_, transfer.Reason(done));
  }

  const CarrierUri uri_;
  const bool implicit_tls_;
  const Clock& clock_;
  const std::string from_;
  // How errors name the receiver.
  const std::string server_;
  TransferStop stop_;
};

}  // namespace

absl::Status CheckSmtpUri(const BackendUri& uri) { return ParseUri(uri).status(); }

absl::StatusOr<std::unique_ptr<Carrier>> OpenSmtpCarrier(const BackendUri& uri, const Clock& clock) {
  TWOFOLD_ASSIGN_OR_RETURN(CarrierUri parsed, ParseUri(uri));
  TWOFOLD_RETURN_IF_ERROR(CheckCaFile(parsed));
  if (!parsed.user.empty()) {
    std::string password;
    const absl::Cleanup wipe = [&password] { WipeString(password); };
    TWOFOLD_RETURN_IF_ERROR(ReadPassword(parsed.Option("password_file"), password));
  }
  return std::make_unique<SmtpCarrier>(std::move(parsed), uri.scheme == kImplicitTls, clock);
}

}  // namespace twofold
