#ifndef TWOFOLD_SERVER_OPS_LOG_H_
#define TWOFOLD_SERVER_OPS_LOG_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/ops/line_writer.h"

// The operators' log: one line a message on stderr, `2026-01-02T03:04:05.678Z I message`. Thread-safe; never
// blocks: a thread of its own writes (line_writer.h), and no other thread of the process writes to stderr.
// Lines that nobody reads are dropped and counted. A process that ends, by exit or by return from main, first
// waits for the lines that somebody reads. No secret, code or key is ever given to it.

namespace twofold {

enum class LogLevel : char { kInfo = 'I', kWarning = 'W', kError = 'E' };

// Control characters of `message` appear escaped, so that no text from outside can forge a line.
void Log(LogLevel level, absl::string_view message);

// The line that Log writes, with its newline.
std::string FormatLogLine(LogLevel level, absl::string_view message, absl::Time time);

// A line without time and level, in order with the log: an error before the server runs.
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

// The only writer to stderr. Lives as long as the process.
LineWriter& StderrWriter();

// Waits as LineWriter::Flush does.
void FlushLog();

// What was logged before an abort, such as a library's failed assertion, is written before the process ends,
// and so is the exception that nobody handles. Once, in main.
void KeepLogThroughAborts();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_LOG_H_
