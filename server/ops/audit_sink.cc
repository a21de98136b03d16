#include "server/ops/audit_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/status_macros.h"
#include "server/ops/log.h"
#include "server/ops/write_all.h"

namespace twofold {
namespace {

class Stderr final : public AuditSink {
 public:
  absl::Status Write(absl::string_view, absl::string_view& rest) override { return WriteLinesToStderr(rest); }
  absl::Status Reopen() override { return absl::OkStatus(); }
};

absl::Status CannotOpen(const std::string& path, int error) {
  return absl::InvalidArgumentError(absl::StrCat("cannot open the audit log ", path, ": ",
                                                 absl::ErrnoToStatus(error, "").message().substr(2)));
}

// O_NONBLOCK for the opening alone, which otherwise waits for the reader of a named pipe.
absl::StatusOr<int> OpenForAppend(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (fd < 0) return CannotOpen(path, errno);
  fcntl(fd, F_SETFL, O_APPEND);
  return fd;
}

// Whether a crash left the file with half a line, which the next line must not be glued to.
bool EndsInMidLine(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return false;
  struct stat info = {};
  char last = '\n';
  const bool has_end = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
                       pread(fd, &last, 1, info.st_size - 1) == 1;
  close(fd);
  return has_end && last != '\n';
}

class File final : public AuditSink {
 public:
  explicit File(std::string path) : path_(std::move(path)) {}
  ~File() override { Close(); }

  absl::Status Write(absl::string_view lines, absl::string_view& rest) override {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(reopened_, false)) {
      const size_t done = lines.size() - rest.size();
      const size_t line_end = done == 0 ? absl::string_view::npos : lines.rfind('\n', done - 1);
      rest = lines.substr(line_end == absl::string_view::npos ? 0 : line_end + 1);
    }
    if (std::exchange(mid_line_, false)) {
      absl::string_view newline = "\n";
      const absl::Status status = WriteAll(fd_, newline);
      mid_line_ = !status.ok();
      TWOFOLD_RETURN_IF_ERROR(status);
    }
    return WriteAll(fd_, rest);
  }

  absl::Status Reopen() override {
    TWOFOLD_ASSIGN_OR_RETURN(const int fresh, OpenForAppend(path_));
    const bool mid_line = EndsInMidLine(path_);
    absl::MutexLock lock(&mutex_);
    Close();
    fd_ = fresh;
    reopened_ = true;
    mid_line_ = mid_line;
    return absl::OkStatus();
  }

 private:
  void Close() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (fd_ < 0) return;
    // Pipes and devices cannot be synced, and need not be.
    if (fsync(fd_) != 0 && errno != EINVAL && errno != EROFS) {
      LogError("the audit log ", path_,
               " could not be synced: ", absl::ErrnoToStatus(errno, "fsync").message());
    }
    close(fd_);
  }

  const std::string path_;
  absl::Mutex mutex_;
  int fd_ ABSL_GUARDED_BY(mutex_) = -1;
  bool reopened_ ABSL_GUARDED_BY(mutex_) = false;
  bool mid_line_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<AuditSink> StderrSink() { return std::make_unique<Stderr>(); }

absl::StatusOr<std::unique_ptr<AuditSink>> OpenFileSink(const std::string& path) {
  auto file = std::make_unique<File>(path);
  TWOFOLD_RETURN_IF_ERROR(file->Reopen());
  return file;
}

}  // namespace twofold
