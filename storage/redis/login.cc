#include "storage/redis/login.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "asio.hpp"
#include "storage/redis/command.h"
#include "storage/redis/reply_error.h"

namespace twofold::redis {
namespace {

// Over TLS a server ends connections at this point when it misses a client's certificate, and its
// alert may get lost.
absl::Status Ended(const asio::error_code& error) {
  return absl::UnavailableError(absl::StrCat("the connection ended during login: ", error.message()));
}

asio::awaitable<absl::StatusOr<Reply>> NextReply(Transport& transport, ReplyReader& reader) {
  std::array<char, 4096> buffer;
  for (;;) {
    absl::StatusOr<std::optional<Reply>> next = reader.Next();
    if (!next.ok()) co_return next.status();
    std::optional<Reply> reply = *std::move(next);
    if (reply.has_value()) co_return *std::move(reply);
    asio::error_code error;
    const size_t size = co_await transport.Read(asio::buffer(buffer), error);
    if (error) co_return Ended(error);
    const absl::Status fed = reader.Feed(absl::string_view(buffer.data(), size));
    if (!fed.ok()) co_return fed;
  }
}

// Redis repeats no password, but what stands before it may.
std::string WithoutSecrets(absl::string_view text, const Credentials& credentials) {
  if (credentials.password.empty()) return std::string(text);
  return absl::StrReplaceAll(text, {{credentials.password, "***"}});
}

// What is wrong with the answer to `command`: FAILED_PRECONDITION where only an operator can help.
absl::Status Objection(absl::string_view command, const Reply& reply) {
  // The answer to whatever comes first on a connection too many. Redis has no code for it.
  const bool full = absl::StartsWith(reply.text, "ERR max number of clients");
  // Redis has no code for these two either.
  if (reply.is_error() && KindOf(reply.text) == ErrorKind::kOther && !full) {
    const std::string words = ShownText(reply.text);
    if (command == "AUTH") {
      return absl::FailedPreconditionError(absl::StrCat("it takes no such user name or password", words));
    }
    if (command == "SELECT") {
      return absl::FailedPreconditionError(absl::StrCat("it has no such database", words));
    }
  }
  if (reply.is_error()) {
    const bool refused = KindOf(reply.text) == ErrorKind::kRefused;
    return absl::Status(refused ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kUnavailable,
                        absl::StrCat(StatusOf(reply.text).message(), ", asked for ", command));
  }
  if (command != "ROLE") return absl::OkStatus();
  const bool master =
      reply.type == Reply::Type::kArray && !reply.elements.empty() && reply.elements.front().text == "master";
  return master ? absl::OkStatus() : absl::UnavailableError("it is a replica");
}

}  // namespace

asio::awaitable<absl::Status> LogIn(Transport& transport, ReplyReader& reader, LoginOptions options) {
  std::vector<std::string> asked;
  std::string bytes;
  const auto ask = [&](const std::vector<absl::string_view>& command) {
    asked.emplace_back(command.front());
    bytes += Encode(command);
  };
  const Credentials& credentials = options.credentials;
  if (!credentials.user.empty()) {
    ask({"AUTH", credentials.user, credentials.password});
  } else if (!credentials.password.empty()) {
    ask({"AUTH", credentials.password});
  }
  if (options.database != 0) ask({"SELECT", absl::StrCat(options.database)});
  ask({"CLIENT", "SETNAME", "twofold"});
  if (options.expect_master) ask({"ROLE"});

  asio::error_code failed;
  auto token = asio::redirect_error(asio::use_awaitable, failed);
  co_await asio::async_initiate<decltype(token), void(asio::error_code)>(
      [&](auto done) { transport.Write(asio::buffer(bytes), std::move(done)); }, token);
  if (failed) co_return Ended(failed);
  for (const std::string& command : asked) {
    const absl::StatusOr<Reply> reply = co_await NextReply(transport, reader);
    if (!reply.ok()) co_return absl::UnavailableError(reply.status().message());
    const absl::Status objection = Objection(command, *reply);
    if (!objection.ok()) {
      co_return absl::Status(objection.code(), WithoutSecrets(objection.message(), credentials));
    }
  }
  // It would be taken for the reply to the first command.
  const absl::StatusOr<std::optional<Reply>> surplus = reader.Next();
  if (!surplus.ok() || surplus->has_value()) {
    co_return absl::UnavailableError("a reply came that nobody asked for");
  }
  co_return absl::OkStatus();
}

}  // namespace twofold::redis
