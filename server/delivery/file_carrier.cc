#include "server/delivery/file_carrier.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/descriptor.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "server/delivery/message_form.h"

namespace twofold {
namespace {

constexpr mode_t kPrivate = 0600;

class FileCarrier final : public Carrier {
 public:
  FileCarrier(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

  absl::Status Deliver(const Message& message) override {
    TWOFOLD_RETURN_IF_ERROR(CheckMessage(message));
    std::string line = absl::StrCat(MessageJson(message, clock_.Now()), "\n");
    const absl::Cleanup wipe = [&line] { WipeString(line); };
    // One line after the other.
    const absl::MutexLock lock(&mutex_);
    // A pipe without a reader would be waited for otherwise.
    const Descriptor file(
        open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kPrivate));
    if (!file.valid()) return Failed(strerror(errno));
    struct stat info = {};
    if (fstat(file.get(), &info) != 0) return Failed(strerror(errno));
    absl::Status usable = CheckRegular(info);
    usable.Update(CheckMode(path_, info, FileUser::Current(), Secrecy::kSecret));
    if (!usable.ok()) return Failed(absl::StrCat("it ", usable.message()));
    const ssize_t written = write(file.get(), line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) return absl::OkStatus();
    if (written < 0) return Failed(strerror(errno));
    // Half a line is no message.
    return Failed(ftruncate(file.get(), info.st_size) == 0 ? "the disk is full" : strerror(errno));
  }

  bool receiver_knows_ids() const override { return false; }
  void Stop() override {}

 private:
  absl::Status Failed(absl::string_view why) const {
    return absl::UnavailableError(absl::StrCat("the file ", path_, " cannot be written: ", why));
  }

  const std::string path_;
  const Clock& clock_;
  absl::Mutex mutex_;
};

}  // namespace

std::unique_ptr<Carrier> NewFileCarrier(std::string path, const Clock& clock) {
  return std::make_unique<FileCarrier>(std::move(path), clock);
}

}  // namespace twofold
