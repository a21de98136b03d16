#include "server/ops/audit_sink.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/status_macros.h"
#include "server/ops/audit_file.h"
#include "server/ops/line_writer.h"
#include "server/ops/log.h"
#include "server/ops/write_all.h"

namespace twofold {
namespace {

// A descriptor that the process was started with. The thread that owns it writes.
class Standard final : public AuditSink {
 public:
  Standard(LineWriter& writer, absl::Duration patience) : writer_(writer), patience_(patience) {}

  absl::Status Write(absl::string_view, absl::string_view& rest) override {
    if (delivery_ == nullptr) delivery_ = writer_.Send(std::string(rest));
    if (!writer_.Await(*delivery_, patience_)) return absl::UnavailableError("nobody reads it");
    const std::shared_ptr<LineWriter::Delivery> done = std::exchange(delivery_, nullptr);
    rest.remove_prefix(done->written);
    return done->status;
  }

  absl::Status Reopen() override { return absl::OkStatus(); }

 private:
  LineWriter& writer_;
  const absl::Duration patience_;
  // The delivery that the writer has not finished.
  std::shared_ptr<LineWriter::Delivery> delivery_;
};

class File final : public AuditSink {
 public:
  explicit File(AuditSettings settings) : settings_(std::move(settings)) {}
  ~File() override { Close(); }

  absl::Status Write(absl::string_view lines, absl::string_view& rest) override {
    absl::MutexLock lock(&mutex_);
    // A process that removes the file again and again must not keep this loop running.
    for (int attempt = 0; attempt < 3; ++attempt) {
      TWOFOLD_RETURN_IF_ERROR(WriteToThis(lines, rest));
      if (IsAt(file_, path())) return absl::OkStatus();
      const bool lost = !HasName(file_);
      if (lost) rest = lines;
      absl::Status opened = OpenPath();
      NoteMissing(opened);
      // A file that was moved away still stores events. That is enough if events are not required.
      if (!opened.ok() && (lost || settings_.required)) return opened;
      if (!lost) return absl::OkStatus();
    }
    return absl::UnavailableError("it is removed again and again");
  }

  absl::Status Reopen() override {
    absl::MutexLock lock(&mutex_);
    return OpenPath();
  }

 private:
  const std::string& path() const { return settings_.destination; }

  absl::Status WriteToThis(absl::string_view lines, absl::string_view& rest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(reopened_, false)) {
      const size_t done = lines.size() - rest.size();
      const size_t line_end = done == 0 ? absl::string_view::npos : lines.rfind('\n', done - 1);
      rest = lines.substr(line_end == absl::string_view::npos ? 0 : line_end + 1);
    }
    if (file_.mid_line) {
      absl::string_view newline = "\n";
      TWOFOLD_RETURN_IF_ERROR(WriteAll(file_.fd, newline, settings_.patience));
      file_.mid_line = false;
    }
    return WriteAll(file_.fd, rest, settings_.patience);
  }

  absl::Status OpenPath() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    TWOFOLD_ASSIGN_OR_RETURN(const AuditFile fresh, OpenAuditFile(path(), settings_.used_otherwise));
    Close();
    file_ = fresh;
    reopened_ = true;
    missing_ = false;
    return absl::OkStatus();
  }

  // Logs once for each time that the path leads elsewhere.
  void NoteMissing(const absl::Status& opened) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (opened.ok()) {
      LogWarning("the audit log ", path(), " was moved or removed; it is open again");
    } else if (!std::exchange(missing_, true)) {
      LogError("the audit log ", path(), " was moved or removed; ", opened.message());
    }
  }

  void Close() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (file_.fd < 0) return;
    // Pipes and devices cannot be synced, and do not need it.
    if (fsync(file_.fd) != 0 && errno != EINVAL && errno != EROFS) {
      LogError("the audit log ", path(),
               " could not be synced: ", absl::ErrnoToStatus(errno, "fsync").message());
    }
    close(file_.fd);
  }

  const AuditSettings settings_;
  absl::Mutex mutex_;
  AuditFile file_ ABSL_GUARDED_BY(mutex_);
  bool reopened_ ABSL_GUARDED_BY(mutex_) = false;
  bool missing_ ABSL_GUARDED_BY(mutex_) = false;
};

// Returns the writer of stdout. If stdout and stderr are one pipe, one thread writes to it.
LineWriter& StdoutWriter() {
  struct stat out = {};
  struct stat err = {};
  if (fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 && out.st_dev == err.st_dev &&
      out.st_ino == err.st_ino) {
    return StderrWriter();
  }
  static auto* const writer = new LineWriter(STDOUT_FILENO, nullptr);
  return *writer;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditSink>> OpenAuditSink(const AuditSettings& settings) {
  if (settings.destination == "stderr" || settings.destination == "/dev/stderr") {
    return std::make_unique<Standard>(StderrWriter(), settings.patience);
  }
  if (settings.destination == "/dev/stdout") {
    return std::make_unique<Standard>(StdoutWriter(), settings.patience);
  }
  auto file = std::make_unique<File>(settings);
  TWOFOLD_RETURN_IF_ERROR(file->Reopen());
  return file;
}

}  // namespace twofold
