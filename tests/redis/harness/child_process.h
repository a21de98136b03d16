#ifndef TWOFOLD_TESTS_REDIS_HARNESS_CHILD_PROCESS_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace twofold {

// Starts a program, whose output is appended to the file `log`. It is killed when this process
// ends, however that happens; any process of this user may trace it. The caller waits for it with
// waitpid. Thread-safe.
pid_t StartChild(const std::vector<std::string>& arguments, const std::string& log);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_CHILD_PROCESS_H_
