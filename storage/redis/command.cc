#include "storage/redis/command.h"

#include <hiredis/hiredis.h>

#include <new>

namespace twofold::redis {

std::string Encode(const std::vector<absl::string_view>& arguments) {
  std::vector<const char*> data;
  std::vector<size_t> sizes;
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

std::string EncodeCall(const Script& script, absl::string_view key,
                       const std::vector<absl::string_view>& arguments, bool whole) {
  std::vector<absl::string_view> all = {whole ? "EVAL" : "EVALSHA", whole ? script.source : script.sha, "1",
                                        key};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Encode(all);
}

}  // namespace twofold::redis
