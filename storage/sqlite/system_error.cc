#include "storage/sqlite/system_error.h"

#include <sqlite3.h>

#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

std::string& Last() {
  thread_local std::string last;
  return last;
}

// Parses "os_unix.c:44230: (13) open(/data/twofold.db) - ". Debian's build leaves out the reason at
// the end.
void OnLog(void*, int, const char* text) {
  absl::string_view call(text);
  if (!absl::ConsumePrefix(&call, "os_unix.c:")) return;
  const size_t begin = call.find(": (");
  const size_t end = call.find(") ");
  int number = 0;
  if (begin == absl::string_view::npos || end == absl::string_view::npos || end < begin ||
      !absl::SimpleAtoi(call.substr(begin + 3, end - begin - 3), &number)) {
    return;
  }
  call.remove_prefix(end + 2);
  Last() = absl::StrCat(call.substr(0, call.rfind(" - ")), ": ", std::strerror(number));
}

// SQLite accepts a log function only before its first use.
[[maybe_unused]] const int configured =
    sqlite3_config(SQLITE_CONFIG_LOG, static_cast<void (*)(void*, int, const char*)>(&OnLog), nullptr);

}  // namespace

void ForgetSystemError() { Last().clear(); }

std::string SystemError() { return Last(); }

}  // namespace twofold
