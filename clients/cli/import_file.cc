#include "clients/cli/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <CLI/Error.hpp>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/formats/formats.h"
#include "clients/formats/text.h"
#include "common/clock.h"
#include "common/descriptor.h"
#include "common/status_macros.h"

namespace twofold {
namespace {

constexpr char kByLength[] = "by-length";
// How many wrong lines of a user map are shown.
constexpr size_t kMapErrors = 10;

[[noreturn]] void Misuse(const std::string& option, absl::string_view why) {
  throw CLI::ValidationError(option, std::string(why));
}

// Reads at most one byte more than the longest file that is taken, which the parsers then refuse.
std::string ReadWholeFile(const std::string& path) {
  const bool is_input = path == "-";
  const Descriptor file(is_input ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  constexpr size_t kPiece = 65536;
  std::string content;
  ssize_t got = file.valid() ? 1 : -1;
  while (got > 0 && content.size() <= kMaxCmsFileSize) {
    // Only a sealed export may be long.
    if (content.size() > kMaxImportFileSize && !LooksLikeCms(content)) break;
    const size_t size = content.size();
    content.resize(size + kPiece);
    do {
      got = read(file.get(), content.data() + size, kPiece);
    } while (got < 0 && errno == EINTR);
    content.resize(size + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  }
  if (got >= 0) return content;
  const int error = errno;
  WipeString(content);
  Misuse("FILE", absl::StrCat("cannot read ", path, ": ", strerror(error)));
}

HashAlgorithm DefaultAlgorithm(const std::string& name) {
  const std::optional<HashAlgorithm> algorithm = ReadAlgorithm(name);
  if (!algorithm.has_value()) Misuse("--default-algorithm", "must be SHA1, SHA256, SHA512 or by-length");
  return *algorithm;
}

ImportOptions OptionsOf(Session& session, const ImportArguments& arguments) {
  ImportOptions options;
  if (arguments.default_digits != 0) options.defaults.digits = arguments.default_digits;
  if (arguments.default_period != 0) options.defaults.period_seconds = arguments.default_period;
  if (arguments.default_counter >= 0) options.defaults.counter = arguments.default_counter;
  options.defaults.algorithm_by_length = arguments.default_algorithm == kByLength;
  if (!arguments.default_algorithm.empty() && !options.defaults.algorithm_by_length)
    options.defaults.algorithm = DefaultAlgorithm(arguments.default_algorithm);
  if (!arguments.key_file.empty()) {
    std::string hex = session.SecretFile(arguments.key_file);
    const absl::Cleanup wipe = [&hex] { WipeString(hex); };
    std::optional<SecretBytes> key = ReadHex(hex);
    if (!key.has_value()) Misuse("--key-file", "must hold the key in hexadecimal");
    options.key = *std::move(key);
  }
  if (!arguments.password_file.empty()) {
    std::string password = session.SecretFile(arguments.password_file);
    options.password = SecretBytes::FromString(password);
    WipeString(password);
  }
  if (!arguments.iv.empty()) {
    const std::optional<SecretBytes> iv = ReadHex(arguments.iv);
    if (!iv.has_value()) Misuse("--iv", "must be hexadecimal");
    options.iv = std::string(iv->text());
  }
  options.include_expired = arguments.include_expired;
  options.now = absl::FromUnixMillis(SystemClock().Now());
  return options;
}

UserMap ReadUserMap(const std::string& path) {
  const std::string text = ReadWholeFile(path);
  std::vector<EntryError> errors;
  absl::StatusOr<UserMap> map = UserMap::Parse(text, errors);
  if (!map.ok()) Misuse("--user-map", absl::StrCat(path, ": ", map.status().message()));
  if (errors.empty()) return *std::move(map);
  const size_t shown = std::min(errors.size(), kMapErrors);
  const std::string faults =
      absl::StrJoin(errors.begin(), errors.begin() + static_cast<ptrdiff_t>(shown), ", ",
                    [](std::string* out, const EntryError& error) {
                      absl::StrAppend(out, "line ", error.position, " ", error.message);
                    });
  const std::string more =
      errors.size() == shown ? "" : absl::StrCat(", and ", errors.size() - shown, " more lines");
  Misuse("--user-map", absl::StrCat(path, ": ", faults, more));
}

absl::StatusOr<PortableFile> OpenSealed(Session& session, const ImportArguments& arguments,
                                        absl::string_view text) {
  if (!arguments.user_map.empty() || !session.tenant.empty() || !arguments.issuer.empty())
    Misuse(
        "--user-map",
        "a sealed export names tenant, user and issuer itself: leave out --user-map, --tenant and --issuer");
  CmsOpener opener;
  if (arguments.key_file.empty() == arguments.password_file.empty())
    Misuse("--key-file",
           "a sealed export needs its private key (PEM) by --key-file, or its password by --password-file");
  std::string secret =
      session.SecretFile(arguments.key_file.empty() ? arguments.password_file : arguments.key_file);
  (arguments.key_file.empty() ? opener.password : opener.private_key_pem) = SecretBytes::FromString(secret);
  WipeString(secret);
  return ReadSealedFile(text, opener);
}

absl::StatusOr<ImportSource> Parse(Session& session, const ImportArguments& arguments,
                                   absl::string_view text) {
  ImportSource source;
  source.format = arguments.format;
  if (source.format == "auto") {
    TWOFOLD_ASSIGN_OR_RETURN(source.format, DetectImportFormat(text));
  }
  if (source.format == kSealedFormat) {
    source.unit = "line";
    TWOFOLD_ASSIGN_OR_RETURN(source.file, OpenSealed(session, arguments, text));
    return source;
  }
  const ImportFormat* format = FindImportFormat(source.format);
  if (format == nullptr) Misuse("--format", absl::StrCat("there is no format ", source.format));
  source.unit = format->unit;
  const ImportOptions options = OptionsOf(session, arguments);
  UserMap users;
  if (!arguments.user_map.empty()) users = ReadUserMap(arguments.user_map);
  TWOFOLD_ASSIGN_OR_RETURN(ParsedFile file, ReadImportFile(*format, text, options));
  PortableOptions portable;
  portable.tenant = session.tenant;
  portable.issuer = arguments.issuer;
  portable.users = arguments.user_map.empty() ? nullptr : &users;
  portable.now = options.now;
  source.file = ToPortable(std::move(file), portable);
  return source;
}

}  // namespace

absl::StatusOr<ImportSource> ReadImportSource(Session& session, const ImportArguments& arguments) {
  std::string text = ReadWholeFile(arguments.file);
  const absl::Cleanup wipe = [&text] { WipeString(text); };
  absl::StatusOr<ImportSource> source = Parse(session, arguments, text);
  if (source.ok()) return source;
  return absl::FailedPreconditionError(absl::StrCat(arguments.file, ": ", source.status().message()));
}

}  // namespace twofold
