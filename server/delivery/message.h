#ifndef TWOFOLD_SERVER_DELIVERY_MESSAGE_H_
#define TWOFOLD_SERVER_DELIVERY_MESSAGE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "crypto/secret_bytes.h"
#include "twofold/v1/method.pb.h"

namespace twofold {

// What the user of a sent code wants to do. Carriers may word the message accordingly.
enum class MessagePurpose {
  kLogin,
  // The user changes the methods of the account.
  kChange,
  // The user proves that the destination is the user's own.
  kEnrollment,
};

// "login", "change" or "enrollment". The text lives as long as the process.
constexpr absl::string_view MessagePurposeName(MessagePurpose purpose) {
  switch (purpose) {
    case MessagePurpose::kLogin:
      return "login";
    case MessagePurpose::kChange:
      return "change";
    case MessagePurpose::kEnrollment:
      return "enrollment";
  }
  return "";
}

// One code on its way to a user. Neither `destination` nor `code` may appear in a log, a metric or
// an error. The destructor wipes both.
struct Message {
  Message() = default;
  Message(const Message&) = default;
  Message(Message&&) = default;
  Message& operator=(const Message&) = default;
  Message& operator=(Message&&) = default;
  ~Message() {
    WipeString(destination);
    WipeString(code);
  }

  // 32 lower-case letters and digits. Each try to send the message uses the same id, and every other
  // message has another one.
  std::string id;
  // METHOD_TYPE_SMS or METHOD_TYPE_EMAIL.
  v1::MethodType type = v1::METHOD_TYPE_UNSPECIFIED;
  // An E.164 number such as "+4915112345678", or an e-mail address. Its form was checked.
  std::string destination;
  // Six digits.
  std::string code;
  // When the code expires.
  UnixMillis expire_time = 0;
  MessagePurpose purpose = MessagePurpose::kLogin;
  // The name of the service that the user knows.
  std::string issuer;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_MESSAGE_H_
