#ifndef TWOFOLD_SERVER_OPS_LOG_H_
#define TWOFOLD_SERVER_OPS_LOG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// The operators' log: one line a message on stderr, `2026-01-02T03:04:05.678Z I message`. Thread-safe; blocks
// while stderr does, so it is for what happens rarely, never for each call. No secret, code or key is ever
// given to it.

namespace twofold {

enum class LogLevel : char { kInfo = 'I', kWarning = 'W', kError = 'E' };

// Control characters of `message` appear escaped, so that no text from outside can forge a line.
void Log(LogLevel level, absl::string_view message);

// The line that Log writes, with its newline.
std::string FormatLogLine(LogLevel level, absl::string_view message, absl::Time time);

template <typename... Parts>
void LogInfo(const Parts&... parts) {
  Log(LogLevel::kInfo, absl::StrCat(parts...));
}

template <typename... Parts>
void LogWarning(const Parts&... parts) {
  Log(LogLevel::kWarning, absl::StrCat(parts...));
}

template <typename... Parts>
void LogError(const Parts&... parts) {
  Log(LogLevel::kError, absl::StrCat(parts...));
}

// WriteAll to stderr; whole lines of several threads never mix.
absl::Status WriteLinesToStderr(absl::string_view& rest);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_LOG_H_
