#include "clients/cli/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <string.h>
#include <unistd.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/descriptor.h"
#include "common/status_macros.h"
#include "common/unicode.h"

namespace twofold {
namespace {

// As much as the API takes.
constexpr size_t kMaxCredentialBytes = size_t{16} << 10;

absl::Status TooLarge(const std::string& path, size_t max_bytes) {
  return absl::InvalidArgumentError(absl::StrCat(path, " is larger than ", max_bytes, " bytes"));
}

bool IsObject(const std::string& text) {
  google::protobuf::Struct object;
  return google::protobuf::util::JsonStringToMessage(text, &object).ok();
}

// At the end of input the text may be no object. The server then says what is wrong with it.
absl::StatusOr<std::string> ReadObject(Console& console, absl::string_view prompt) {
  std::string text;
  while (text.empty() || !IsObject(text)) {
    const std::optional<std::string> line = console.ReadLine(text.empty() ? prompt : "");
    if (!line.has_value()) break;
    absl::StrAppend(&text, text.empty() ? "" : "\n", *line);
    if (text.size() > kMaxCredentialBytes) return TooLarge("the credential", kMaxCredentialBytes);
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  std::string content(max_bytes + 1, '\0');
  size_t size = 0;
  ssize_t got = file.valid() ? 1 : -1;
  while (got > 0 && size < content.size()) {
    got = read(file.get(), content.data() + size, content.size() - size);
    if (got > 0) size += static_cast<size_t>(got);
  }
  if (got < 0) return absl::InvalidArgumentError(absl::StrCat("cannot read ", path, ": ", strerror(errno)));
  content.resize(size);
  if (content.size() > max_bytes) return TooLarge(path, max_bytes);
  return content;
}

absl::StatusOr<std::string> ReadCredential(Console& console, const std::string& path,
                                           absl::string_view prompt) {
  const bool from_input = path == "-";
  TWOFOLD_ASSIGN_OR_RETURN(
      std::string text, from_input ? ReadObject(console, prompt) : ReadSmallFile(path, kMaxCredentialBytes));
  const std::string what = from_input ? "standard input" : path;
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("no credential in ", what));
  }
  if (!IsUtf8(text)) return absl::InvalidArgumentError(absl::StrCat(what, " is not valid UTF-8"));
  return text;
}

}  // namespace twofold
