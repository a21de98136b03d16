#ifndef TWOFOLD_SERVER_OPTION_READER_H_
#define TWOFOLD_SERVER_OPTION_READER_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/option_flags.h"

namespace twofold {

// Returns the text in quotes for a message. A long text is cut, and control characters are escaped.
std::string QuoteOption(absl::string_view text);

// Reads typed values from the texts of flags and keeps the first error. `texts` outlives it. Each
// function returns some value after an error.
class OptionReader {
 public:
  explicit OptionReader(const FlagTexts& texts) : texts_(texts) {}

  const std::string& Text(absl::string_view flag) const { return texts_.values.find(flag)->second; }

  // Records an error: what is wrong with the flag, or which texts it takes.
  void Refuse(absl::string_view flag, absl::string_view what);
  void RefuseText(absl::string_view flag, absl::string_view allowed);

  bool Switch(absl::string_view flag, bool unset);
  // A whole number from 1 to `max`, which messages may explain by `max_name`.
  int64_t Count(absl::string_view flag, int64_t max, absl::string_view max_name = "");
  // At least a second.
  absl::Duration Time(absl::string_view flag, absl::Duration max);
  std::string ListenAddress(absl::string_view flag);
  // The owner must have all rights. A socket that its own server's user cannot reach is a mistake.
  mode_t Mode(absl::string_view flag);
  std::optional<gid_t> Group(absl::string_view flag);
  // The registry that opens the URI knows the schemes and what they allow.
  std::string Uri(absl::string_view flag, std::string fallback);

  absl::Status status() const { return status_; }

 private:
  const FlagTexts& texts_;
  absl::Status status_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPTION_READER_H_
