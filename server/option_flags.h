#ifndef TWOFOLD_SERVER_OPTION_FLAGS_H_
#define TWOFOLD_SERVER_OPTION_FLAGS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// The command line and the environment as texts that are not checked yet.
struct FlagTexts {
  std::string exit_text;  // The text of --help or --version.
  // Every flag. The value is empty if the flag was not given and has no default.
  std::map<std::string, std::string, std::less<>> values;
};

// Returns INVALID_ARGUMENT for a flag that does not exist, lacks its value or is given twice.
absl::StatusOr<FlagTexts> ReadFlags(int argc, const char* const* argv);

// Returns the environment variables that ReadFlags reads, one for each flag.
std::vector<std::string> FlagVariables();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPTION_FLAGS_H_
