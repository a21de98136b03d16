#include "crypto/key_ring_file.h"

#include <errno.h>
#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/descriptor.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/system_random.h"
#include "twofold/internal/v1/key_ring.pb.h"

namespace twofold {
namespace {

using FileMessage = internal::v1::KeyRingFile;

constexpr int kFileVersion = 1;
constexpr uint32_t kFirstKeyId = 1;
// Far larger than any ring, and small enough to read whatever file the path names.
constexpr size_t kMaxFileSize = 1 << 20;

void WipeKeys(FileMessage& file) {
  for (FileMessage::Key& key : *file.mutable_keys()) WipeString(*key.mutable_key());
}

absl::Status Invalid(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the key ring ", name, " cannot be used: ", why));
}

// Makes an error from a message that begins with a verb.
absl::Status Unusable(absl::string_view path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("the key ring ", path, " cannot be used: it ", status.message()));
}

absl::Status WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return absl::ErrnoToStatus(errno, "write");
    text.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

// Returns the file's text for a ring of one new key. The caller must wipe it.
std::string NewRing(Random& random, const Clock& clock) {
  FileMessage file;
  file.set_version(kFileVersion);
  file.set_primary_key_id(kFirstKeyId);
  FileMessage::Key* key = file.add_keys();
  key->set_id(kFirstKeyId);
  key->set_key(RandomBytes(random, KeyRing::kKeySize));
  key->set_create_time(
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(clock.Now()), absl::UTCTimeZone()));
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(file, &json, options);
  WipeKeys(file);
  return status.ok() ? json : "";
}

absl::Status WriteNewFile(const std::string& path, absl::string_view text) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return absl::ErrnoToStatus(errno, "open");
  // The umask may have removed some of these permissions.
  if (fchmod(file.get(), 0600) != 0) return absl::ErrnoToStatus(errno, "fchmod");
  TWOFOLD_RETURN_IF_ERROR(WriteAll(file.get(), text));
  if (fsync(file.get()) != 0) return absl::ErrnoToStatus(errno, "fsync");
  return absl::OkStatus();
}

absl::Status FlushDirectory(const std::string& directory) {
  const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return absl::ErrnoToStatus(errno, "open of the directory");
  if (fsync(opened.get()) != 0) return absl::ErrnoToStatus(errno, "fsync of the directory");
  return absl::OkStatus();
}

// link() never replaces a file, as rename() would.
absl::Status Publish(const std::string& temporary, const std::string& path, absl::string_view text) {
  const absl::Cleanup remove = [&temporary] { unlink(temporary.c_str()); };
  TWOFOLD_RETURN_IF_ERROR(WriteNewFile(temporary, text));
  if (link(temporary.c_str(), path.c_str()) != 0) return absl::ErrnoToStatus(errno, "link");
  return absl::OkStatus();
}

class FileKeySource final : public KeySource {
 public:
  explicit FileKeySource(std::string path) : path_(std::move(path)) {}

  const std::string& file() const override { return path_; }
  absl::StatusOr<std::unique_ptr<KeyRing>> Load() override { return LoadKeyRingFile(path_); }

 private:
  const std::string path_;
};

}  // namespace

std::unique_ptr<KeySource> NewFileKeySource(std::string path) {
  return std::make_unique<FileKeySource>(std::move(path));
}

absl::StatusOr<std::unique_ptr<KeyRing>> ParseKeyRing(absl::string_view json, absl::string_view name) {
  if (json.empty()) return Invalid(name, "it is empty");
  FileMessage file;
  const absl::Cleanup wipe = [&file] { WipeKeys(file); };
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &file);
  // Protobuf's own message may quote the text, and with it a key.
  if (!parsed.ok() && absl::StrContains(std::string(parsed.message()), "Cannot find field")) {
    return Invalid(name, "it has a field that this version does not know");
  }
  if (!parsed.ok()) return Invalid(name, "it is not JSON of the expected form");
  if (file.version() != kFileVersion) {
    return Invalid(name, absl::StrCat("its version is ", file.version(), " and not ", kFileVersion));
  }
  std::vector<RingKey> keys;
  for (const FileMessage::Key& key : file.keys())
    keys.emplace_back(key.id(), SecretBytes::FromString(key.key()));
  absl::StatusOr<std::unique_ptr<KeyRing>> ring = KeyRing::Create(file.primary_key_id(), std::move(keys));
  if (!ring.ok()) return Invalid(name, ring.status().message());
  return ring;
}

absl::StatusOr<std::unique_ptr<KeyRing>> LoadKeyRingFile(const std::string& path) {
  std::string text;
  const absl::Cleanup wipe = [&text] { WipeString(text); };
  const absl::Status read = ReadTrustedFile(path, Secrecy::kSecret, kMaxFileSize, text);
  if (absl::IsNotFound(read)) return absl::NotFoundError(absl::StrCat("there is no key ring at ", path));
  if (!read.ok()) return Unusable(path, read);
  return ParseKeyRing(text, path);
}

absl::Status CreateKeyRingFile(const std::string& path, Random& random, const Clock& clock) {
  // Otherwise no server would accept the file.
  if (const absl::Status folder = CheckFolder(FolderOf(path), Strangers::kReplaceNoFiles); !folder.ok()) {
    return Unusable(path, folder);
  }
  const std::string temporary =
      absl::StrCat(path, ".", Base32EncodeLower(AsBytes(RandomBytes(random, 10))), ".new");
  std::string text = NewRing(random, clock);
  const absl::Cleanup wipe = [&text] { WipeString(text); };
  absl::Status status = text.empty() ? absl::InternalError("JSON") : Publish(temporary, path, text);
  if (status.ok()) status = FlushDirectory(FolderOf(path));
  if (absl::IsAlreadyExists(status)) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is already a file at ", path, ", which is left as it is"));
  }
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat("cannot create the key ring ", path, ": ", status.message()));
  }
  return absl::OkStatus();
}

}  // namespace twofold
