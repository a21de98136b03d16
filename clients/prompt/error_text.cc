#include "clients/prompt/error_text.h"

#include <algorithm>

#include "absl/strings/string_view.h"

namespace twofold {
namespace {

// The longest that a page says when the server names no time.
constexpr absl::Duration kUnknownDelay = absl::Minutes(1);

struct ErrorKind {
  absl::string_view reason;
  TextId text;
  unsigned status;
};

constexpr ErrorKind kKinds[] = {
    {"CODE_REJECTED", TextId::kErrorCode, 422},
    {"MALFORMED_CODE", TextId::kErrorMalformed, 422},
    {"RATE_LIMITED", TextId::kErrorLimited, 429},
    {"LOCKED", TextId::kErrorLimited, 429},
    {"DELIVERY_FAILED", TextId::kErrorDelivery, 503},
    {"DELIVERY_LIMITED", TextId::kErrorDeliveryLimited, 429},
    {"METHOD_NOT_FOUND", TextId::kErrorChanged, 409},
    {"METHOD_STATE", TextId::kErrorChanged, 409},
    {"PROOF_REQUIRED", TextId::kErrorChanged, 409},
    {"NO_DEVICE", TextId::kErrorChanged, 409},
    {"LAST_METHOD", TextId::kErrorLastMethod, 409},
    {"TOO_MANY_METHODS", TextId::kErrorTooMany, 409},
    {"OVERLOADED", TextId::kErrorBusy, 503},
    {"CONFLICT", TextId::kErrorBusy, 503},
};

struct FieldText {
  absl::string_view field;
  TextId text;
};

constexpr FieldText kFields[] = {
    {"phone_number", TextId::kErrorPhone},
    {"email", TextId::kErrorEmail},
    {"description", TextId::kErrorDescription},
    {"webauthn_credential_json", TextId::kErrorKey},
};

const ErrorKind* KindOf(const CallError& error) {
  const auto* const kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                        [&](const ErrorKind& one) { return one.reason == error.reason; });
  return kind == std::end(kKinds) ? nullptr : kind;
}

// Returns null if the field is not the user's.
const FieldText* FieldOf(const CallError& error) {
  if (error.reason != "INVALID_REQUEST" || error.field_violations.empty()) return nullptr;
  const std::string& field = error.field_violations.front().field;
  const auto* const known = std::find_if(std::begin(kFields), std::end(kFields),
                                         [&](const FieldText& one) { return one.field == field; });
  return known == std::end(kFields) ? nullptr : known;
}

}  // namespace

bool IsForUser(const CallError& error) { return KindOf(error) != nullptr || FieldOf(error) != nullptr; }

std::string ErrorText(const Texts& texts, const CallError& error, bool by_key) {
  if (const FieldText* const field = FieldOf(error)) return texts.Of(field->text);
  const ErrorKind* const kind = KindOf(error);
  if (kind == nullptr) return texts.Of(TextId::kUnavailableText);
  if (by_key && kind->text == TextId::kErrorCode) return texts.Of(TextId::kErrorKey);
  const std::string wait = texts.TimeLeft(error.retry_delay.value_or(kUnknownDelay));
  return texts.Of(kind->text, {{"time", wait}});
}

unsigned StatusOf(const CallError& error) {
  const ErrorKind* const kind = KindOf(error);
  if (kind != nullptr) return kind->status;
  return FieldOf(error) != nullptr ? 422 : 503;
}

}  // namespace twofold
