#ifndef TWOFOLD_SERVER_OPS_LOG_H_
#define TWOFOLD_SERVER_OPS_LOG_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/ops/line_writer.h"

// The operators' log has one line per message on stderr, `2026-01-02T03:04:05.678Z I message`.
// Thread-safe. It never blocks. A thread of its own writes (line_writer.h), and no other thread of
// the process writes to stderr. Lines that nobody reads are dropped and counted. A process that
// exits, or returns from main, first waits for the lines that have a reader. Never log a secret,
// code or key.

namespace twofold {

enum class LogLevel : char { kInfo = 'I', kWarning = 'W', kError = 'E' };

// Logs `message` with its control characters escaped, so that no text from outside can forge a
// line.
void Log(LogLevel level, absl::string_view message);

// Returns the line that Log writes, with its newline.
std::string FormatLogLine(LogLevel level, absl::string_view message, absl::Time time);

// Writes a line without time and level, in order with the log. It is for an error before the server
// runs.
void WritePlainLine(absl::string_view line);

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

// The only writer to stderr. It lives as long as the process.
LineWriter& StderrWriter();

// Waits as LineWriter::Flush does.
void FlushLog();

// From now on, an abort (such as a library's failed assertion) and an exception that nobody handles
// are logged, and earlier lines are written, before the process ends. Call it once, in main.
void KeepLogThroughAborts();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_LOG_H_
