#include "crypto/transit/transit.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "crypto/secret_bytes.h"
#include "crypto/transit/https_post.h"
#include "twofold/internal/v1/transit.pb.h"

namespace twofold {
namespace {

using internal::v1::TransitAnswer;
using internal::v1::TransitRequest;

constexpr size_t kMaxTokenSize = 16384;
constexpr size_t kMaxCiphertext = 8192;
constexpr size_t kMaxReason = 200;

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

class TransitWrapper final : public KeyWrapper {
 public:
  explicit TransitWrapper(TransitSettings settings) : settings_(std::move(settings)) {}

  absl::StatusOr<std::string> Wrap(const SecretBytes& key) override {
    TransitRequest request;
    request.set_plaintext(absl::Base64Escape(key.text()));
    const absl::Cleanup wipe = [&request] { WipeString(*request.mutable_plaintext()); };
    TransitAnswer answer;
    TWOFOLD_RETURN_IF_ERROR(Call("encrypt", request, answer));
    std::string& wrapped = *answer.mutable_data()->mutable_ciphertext();
    if (wrapped.empty() || wrapped.size() > kMaxCiphertext || !IsPrintable(wrapped)) {
      return Malformed("no ciphertext");
    }
    return std::move(wrapped);
  }

  absl::StatusOr<SecretBytes> Unwrap(const std::string& wrapped) override {
    TransitRequest request;
    request.set_ciphertext(wrapped);
    TransitAnswer answer;
    const absl::Cleanup wipe = [&answer] { WipeString(*answer.mutable_data()->mutable_plaintext()); };
    TWOFOLD_RETURN_IF_ERROR(Call("decrypt", request, answer));
    std::string plain;
    const absl::Cleanup wipe_plain = [&plain] { WipeString(plain); };
    if (!absl::Base64Unescape(answer.data().plaintext(), &plain) || plain.empty()) {
      return Malformed("no plaintext");
    }
    return SecretBytes::FromString(plain);
  }

 private:
  // `operation` is "encrypt" or "decrypt".
  absl::Status Call(absl::string_view operation, const TransitRequest& request, TransitAnswer& answer) const {
    HttpPost post;
    post.url = absl::StrCat(settings_.server, "/v1/", settings_.mount, "/", operation, "/", settings_.key);
    post.ca = settings_.ca;
    post.timeout = settings_.timeout;
    const absl::Cleanup wipe = [&post] {
      WipeString(post.header);
      WipeString(post.body);
    };
    TWOFOLD_RETURN_IF_ERROR(ReadToken(post.header));
    const auto printed = google::protobuf::util::MessageToJsonString(request, &post.body);
    if (!printed.ok()) return absl::InternalError("JSON");
    absl::StatusOr<HttpAnswer> got = SendPost(post);
    if (!got.ok()) {
      return absl::Status(got.status().code(), absl::StrCat("the Transit service at ", settings_.server,
                                                            " does not answer: ", got.status().message()));
    }
    const absl::Cleanup wipe_answer = [&got] { WipeString(got->body); };
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;
    const auto parsed = google::protobuf::util::JsonStringToMessage(got->body, &answer, options);
    constexpr int kOk = 200;
    if (got->code != kOk) return Refusal(got->code, parsed.ok() ? answer : TransitAnswer());
    return parsed.ok() ? absl::OkStatus() : Malformed("no JSON");
  }

  // Appends the header that carries the token.
  absl::Status ReadToken(std::string& header) const {
    std::string text;
    const absl::Cleanup wipe = [&text] { WipeString(text); };
    const absl::Status read = ReadTrustedFile(settings_.token_file, Secrecy::kSecret, kMaxTokenSize, text);
    if (!read.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the token file ", settings_.token_file, " cannot be used: it ", read.message()));
    }
    const absl::string_view token = absl::StripAsciiWhitespace(text);
    if (token.empty() || !IsPrintable(token)) {
      return absl::FailedPreconditionError(
          absl::StrCat("the token file ", settings_.token_file, " does not hold one token"));
    }
    constexpr absl::string_view kName = "X-Vault-Token: ";
    header.reserve(kName.size() + token.size());
    header.append(kName.data(), kName.size()).append(token.data(), token.size());
    return absl::OkStatus();
  }

  absl::Status Refusal(int code, const TransitAnswer& answer) const {
    std::string why;
    switch (code) {
      case 400:
        why = absl::StrCat("it refuses the request for the key ", settings_.key, " of ", settings_.mount);
        break;
      case 403:
        why = absl::StrCat("it refuses the token in ", settings_.token_file);
        break;
      case 404:
        why = absl::StrCat("it has no engine at ", settings_.mount, ", or no key ", settings_.key);
        break;
      case 503:
        why = "it is sealed";
        break;
      default:
        why = absl::StrCat("it answers with HTTP status ", code);
    }
    if (answer.errors_size() > 0) {
      absl::StrAppend(&why, ": ", absl::Utf8SafeCHexEscape(answer.errors(0).substr(0, kMaxReason)));
    }
    // These may pass by themselves.
    const bool may_pass = code == 408 || code == 412 || code == 429 || code >= 500;
    return absl::Status(may_pass ? absl::StatusCode::kUnavailable : absl::StatusCode::kFailedPrecondition,
                        absl::StrCat("the Transit service at ", settings_.server, " gives no key: ", why));
  }

  absl::Status Malformed(absl::string_view why) const {
    return absl::FailedPreconditionError(
        absl::StrCat("the server at ", settings_.server, " is no Transit service: its answer holds ", why));
  }

  const TransitSettings settings_;
};

}  // namespace

std::unique_ptr<KeyWrapper> NewTransitWrapper(TransitSettings settings) {
  return std::make_unique<TransitWrapper>(std::move(settings));
}

}  // namespace twofold
