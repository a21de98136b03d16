#include "server/delivery/mail.h"

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/unicode.h"

namespace twofold {
namespace {

bool IsPrintableAscii(char c) { return c >= ' ' && c <= '~'; }

// A text in a header (RFC 2047): as it is where that is short and ASCII, else as encoded words, each
// with whole characters, in lines of at most 76 bytes.
std::string HeaderText(absl::string_view text) {
  constexpr size_t kMaxPlain = 60;
  constexpr size_t kMaxWord = 39;
  if (text.size() <= kMaxPlain && std::all_of(text.begin(), text.end(), IsPrintableAscii) &&
      !absl::StrContains(text, "=?")) {
    return std::string(text);
  }
  std::string words;
  while (!text.empty()) {
    absl::string_view rest = text;
    size_t size = 0;
    while (!rest.empty()) {
      TakeCodePoint(rest);
      if (text.size() - rest.size() > kMaxWord) break;
      size = text.size() - rest.size();
    }
    absl::StrAppend(&words, words.empty() ? "" : "\r\n ", "=?utf-8?B?",
                    absl::Base64Escape(text.substr(0, size)), "?=");
    text.remove_prefix(size);
  }
  return words;
}

// RFC 2045 §6.7, for text whose lines end with CR LF.
void AppendQuotedPrintable(absl::string_view text, std::string& out) {
  constexpr size_t kMaxLine = 75;
  constexpr size_t kEscape = 3;
  size_t column = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (absl::StartsWith(text.substr(i), "\r\n")) {
      out += "\r\n";
      column = 0;
      ++i;
      continue;
    }
    if (column + kEscape > kMaxLine) {
      out += "=\r\n";
      column = 0;
    }
    const bool plain = IsPrintableAscii(c) && c != '=' && (c != ' ' || text.substr(i + 1, 1) != "\r");
    if (plain) {
      out += c;
      ++column;
    } else {
      constexpr absl::string_view kHex = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += '=';
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
      column += kEscape;
    }
  }
}

absl::string_view Use(MessagePurpose purpose) {
  switch (purpose) {
    case MessagePurpose::kLogin:
      return "Use it to sign in.";
    case MessagePurpose::kChange:
      return "Use it to change how you sign in.";
    case MessagePurpose::kEnrollment:
      return "Use it to confirm this address.";
  }
  return "";
}

}  // namespace

std::string MailOf(const Message& message, absl::string_view from, UnixMillis now) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const std::string service = message.issuer.empty() ? "" : absl::StrCat(" for ", message.issuer);
  std::string body = absl::StrCat(
      message.code, " is your code", service, ".\r\n\r\n", Use(message.purpose), " It is valid until ",
      absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixMillis(message.expire_time), utc),
      " UTC.\r\n\r\nIf you did not ask for this code, do not give it to anybody.\r\n");
  const absl::Cleanup wipe = [&body] { WipeString(body); };
  std::string mail = absl::StrCat(
      "Date: ", absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", absl::FromUnixMillis(now), utc),
      "\r\nMessage-ID: <", message.id, from.substr(from.find('@')), ">\r\nFrom: ", from,
      "\r\nTo: ", message.destination, "\r\nSubject: ", HeaderText(absl::StrCat("Your code", service)),
      "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8"
      "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
  // Three bytes for each at most, and the soft line breaks. So no copy of the code is left behind.
  mail.reserve(mail.size() + 4 * body.size());
  AppendQuotedPrintable(body, mail);
  return mail;
}

}  // namespace twofold
