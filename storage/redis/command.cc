#include "storage/redis/command.h"

#include <hiredis/hiredis.h>

#include <new>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"

namespace twofold::redis {
namespace {

// The most arguments that a usual call of a script has.
constexpr size_t kUsualArguments = 12;

std::string EncodeScript(const Script& script, const Call::Keys& keys,
                         const std::vector<std::string>& arguments, bool whole) {
  const absl::AlphaNum count(keys.size());
  absl::InlinedVector<absl::string_view, kUsualArguments> all = {
      whole ? "EVAL" : "EVALSHA", whole ? script.source : script.sha, count.Piece()};
  all.insert(all.end(), keys.begin(), keys.end());
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Encode(all);
}

}  // namespace

std::string Encode(absl::Span<const absl::string_view> arguments) {
  absl::InlinedVector<const char*, kUsualArguments> data;
  absl::InlinedVector<size_t, kUsualArguments> sizes;
  data.reserve(arguments.size());
  sizes.reserve(arguments.size());
  for (const absl::string_view argument : arguments) {
    data.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  // Unlike redisFormatCommandArgv it does without printf.
  char* bytes = nullptr;
  // An int before hiredis 1.0, and a long long since.
  const auto size =
      redisFormatSdsCommandArgv(&bytes, static_cast<int>(arguments.size()), data.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  std::string out(bytes, static_cast<size_t>(size));
  redisFreeSdsCommand(bytes);
  return out;
}

Request RequestOf(absl::Span<const absl::string_view> command) {
  Request request;
  request.bytes = Encode(command);
  return request;
}

Request Call::ToRequest(bool whole, bool asking) const {
  Request request;
  if (script_ != nullptr) {
    request.bytes = EncodeScript(*script_, keys_, arguments_, whole);
  } else if (key().empty()) {
    request.bytes = Encode({verb_});
  } else {
    request.bytes = Encode({verb_, key()});
  }
  if (asking) {
    request.bytes.insert(0, Encode({"ASKING"}));
    request.commands = 2;
  }
  return request;
}

}  // namespace twofold::redis
