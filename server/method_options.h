#ifndef TWOFOLD_SERVER_METHOD_OPTIONS_H_
#define TWOFOLD_SERVER_METHOD_OPTIONS_H_

#include <string>

#include "server/builtins.h"
#include "server/option_reader.h"
#include "server/options.h"

// The options of security keys and sent codes.

namespace twofold {

// Reads them. The issuer must have been read before. Errors stay in `reader`.
void ReadMethods(OptionReader& reader, Options& options);

// Returns them for the log at start, with a space before each one.
std::string DescribeMethods(const Options& options);

// Returns what the types of methods are made from.
MethodSettings MethodSettingsOf(const Options& options);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHOD_OPTIONS_H_
