#include "server/ops/log.h"

#include <unistd.h>

#include "absl/base/attributes.h"
#include "absl/base/const_init.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "server/ops/write_all.h"

namespace twofold {
namespace {

ABSL_CONST_INIT absl::Mutex stderr_mutex(absl::kConstInit);

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

}  // namespace

std::string FormatLogLine(LogLevel level, absl::string_view message, absl::Time time) {
  std::string line = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ ", time, absl::UTCTimeZone());
  line += static_cast<char>(level);
  line += ' ';
  AppendEscaped(message, line);
  line += '\n';
  return line;
}

void Log(LogLevel level, absl::string_view message) {
  // There is nowhere left to say that stderr is gone.
  const std::string line = FormatLogLine(level, message, absl::Now());
  absl::string_view rest = line;
  WriteLinesToStderr(rest).IgnoreError();
}

absl::Status WriteLinesToStderr(absl::string_view& rest) {
  absl::MutexLock lock(&stderr_mutex);
  return WriteAll(STDERR_FILENO, rest);
}

}  // namespace twofold
