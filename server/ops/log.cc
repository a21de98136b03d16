#include "server/ops/log.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>

#include "absl/strings/str_format.h"
#include "common/clock.h"

namespace twofold {
namespace {

void AppendEscaped(absl::string_view text, std::string& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else {
      out += c;
    }
  }
}

absl::Time Now() { return absl::FromUnixMillis(SystemClock().Now()); }

std::string DroppedLine(int64_t count) {
  return FormatLogLine(LogLevel::kWarning,
                       absl::StrCat("lines are missing here, because stderr did not take them: ", count),
                       Now());
}

[[noreturn]] void OnTerminate() {
  std::string what = "of an unknown type";
  try {
    if (const std::exception_ptr exception = std::current_exception()) std::rethrow_exception(exception);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  LogError("the process ends, because nothing handles an exception: ", what);
  std::abort();
}

// A signal handler may only fail to get the lock. A thread that aborts while it holds the lock
// waits for itself until the alarm ends the process.
void OnAbort(int) {
  alarm(15);
  FlushLog();
  std::signal(SIGABRT, SIG_DFL);
  raise(SIGABRT);
}

}  // namespace

std::string FormatLogLine(LogLevel level, absl::string_view message, absl::Time time) {
  std::string line = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ ", time, absl::UTCTimeZone());
  line += static_cast<char>(level);
  line += ' ';
  AppendEscaped(message, line);
  line += '\n';
  return line;
}

LineWriter& StderrWriter() {
  // The writer is never destroyed, because other threads log until the end.
  static LineWriter* const writer = [] {
    auto* const made = new LineWriter(STDERR_FILENO, DroppedLine);
    std::atexit([] { StderrWriter().Close(); });
    return made;
  }();
  return *writer;
}

void FlushLog() { StderrWriter().Flush(); }

void KeepLogThroughAborts() {
  StderrWriter();
  std::set_terminate(&OnTerminate);
  std::signal(SIGABRT, &OnAbort);
}

void WritePlainLine(absl::string_view line) { StderrWriter().Add(absl::StrCat(line, "\n")); }

void Log(LogLevel level, absl::string_view message) {
  StderrWriter().Add(FormatLogLine(level, message, Now()));
}

}  // namespace twofold
