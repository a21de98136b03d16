#ifndef TWOFOLD_SERVER_ENVIRONMENT_H_
#define TWOFOLD_SERVER_ENVIRONMENT_H_

#include <string>
#include <vector>

namespace twofold {

// Returns one sentence for each variable in `environment` that begins with TWOFOLD_ and that
// nothing of this project reads, because its name is most likely misspelt. The sentences are sorted
// by name. They hold the name, with control characters escaped, and the known name that comes close
// to it. They never hold a value.
//
// Kubernetes gives each container variables for the Services of its namespace
// (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables). Those
// of a Service whose name begins with "twofold" are left out.
//
// `environment` has the form of environ(7). The function keeps no reference to it.
std::vector<std::string> EnvironmentWarnings(const char* const* environment);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENVIRONMENT_H_
