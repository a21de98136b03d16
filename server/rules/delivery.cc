#include "server/rules/delivery.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "google/protobuf/util/time_util.h"
#include "server/errors.h"
#include "server/methods/type_name.h"
#include "server/rules/rate_limits.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;

constexpr absl::string_view kDestinationLabel = "destination";

// Limits count a destination without its name. Domains of e-mail, and in practice mailboxes, do not
// differ by case.
std::string DigestOf(const RuleContext& context, const std::string& destination) {
  const std::string digest = context.ring.Digest(kDestinationLabel, absl::AsciiStrToLower(destination));
  return Base32EncodeLower(AsBytes(digest));
}

}  // namespace

absl::Status ShowCodeAgain(const SendContext& send, const OutgoingCode& outgoing, v1::SentCode& shown) {
  if (!outgoing.goes_to_caller) return absl::OkStatus();
  if (!send.may_receive_codes) return CallerNotAllowedError();
  shown.set_code(outgoing.message.code);
  return absl::OkStatus();
}

absl::Status PlanDelivery(const RuleContext& context, const SendContext& send, OutgoingCode outgoing,
                          v1::SentCode& shown, Draft& draft) {
  TWOFOLD_RETURN_IF_ERROR(ShowCodeAgain(send, outgoing, shown));
  *shown.mutable_resend_time() = TimeUtil::MillisecondsToTimestamp(
      context.now + absl::ToInt64Milliseconds(context.limits.send_pause.window));
  Delivery& delivery = draft.delivery.emplace();
  delivery.type = outgoing.message.type;
  delivery.dial_prefix = outgoing.dial_prefix;
  delivery.buckets = SendBuckets(context.limits, context.subject,
                                 {DigestOf(context, outgoing.message.destination), outgoing.dial_prefix,
                                  std::string(MethodTypeName(outgoing.message.type))},
                                 send.client_address);
  if (!outgoing.goes_to_caller) delivery.message = std::move(outgoing.message);
  return absl::OkStatus();
}

}  // namespace twofold
