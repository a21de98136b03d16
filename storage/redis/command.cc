#include "storage/redis/command.h"

#include <hiredis/hiredis.h>

#include <new>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"

namespace twofold::redis {
namespace {

// Of a call of a script.
constexpr size_t kUsualArguments = 12;

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
  const int size =
      redisFormatSdsCommandArgv(&bytes, static_cast<int>(arguments.size()), data.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  std::string out(bytes, static_cast<size_t>(size));
  redisFreeSdsCommand(bytes);
  return out;
}

std::string EncodeCall(const Script& script, absl::Span<const absl::string_view> keys,
                       absl::Span<const absl::string_view> arguments, bool whole) {
  const absl::AlphaNum count(keys.size());
  absl::InlinedVector<absl::string_view, kUsualArguments> all = {
      whole ? "EVAL" : "EVALSHA", whole ? script.source : script.sha, count.Piece()};
  all.insert(all.end(), keys.begin(), keys.end());
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Encode(all);
}

}  // namespace twofold::redis
