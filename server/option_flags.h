#ifndef TWOFOLD_SERVER_OPTION_FLAGS_H_
#define TWOFOLD_SERVER_OPTION_FLAGS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// The command line and the environment as texts, before anything is checked.
struct FlagTexts {
  std::string exit_text;  // --help or --version.
  std::map<std::string, std::string, std::less<>>
      values;  // Every flag; empty where it was not given and has no default.
};

// INVALID_ARGUMENT: a flag that does not exist, lacks its value or is given twice.
absl::StatusOr<FlagTexts> ReadFlags(int argc, const char* const* argv);

// The environment variables that ReadFlags reads, one for each flag.
std::vector<std::string> FlagVariables();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPTION_FLAGS_H_
