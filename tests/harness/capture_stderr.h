#ifndef TWOFOLD_TESTS_HARNESS_CAPTURE_STDERR_H_
#define TWOFOLD_TESTS_HARNESS_CAPTURE_STDERR_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <thread>

#include "server/ops/log.h"

namespace twofold {

// Captures stderr while it lives, through a pipe that may be smaller than what is written.
class CaptureStderr {
 public:
  explicit CaptureStderr(int flags = 0) : saved_(dup(STDERR_FILENO)) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    fcntl(ends[1], F_SETFL, flags);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    reading_ = std::thread([this, in = ends[0]] {
      char buffer[512];
      for (ssize_t got; (got = read(in, buffer, sizeof buffer)) > 0;) {
        const std::lock_guard<std::mutex> lock(mutex_);
        text_.append(buffer, static_cast<size_t>(got));
      }
      close(in);
    });
  }

  std::string SoFar() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return text_;
  }

  std::string Stop() {
    FlushLog();
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    reading_.join();
    return text_;
  }

 private:
  const int saved_;
  std::mutex mutex_;
  std::string text_;
  std::thread reading_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_CAPTURE_STDERR_H_
