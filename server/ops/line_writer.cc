#include "server/ops/line_writer.h"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "common/steady.h"
#include "server/ops/write_all.h"

namespace twofold {
namespace {

// The size of one write. It is small enough to notice that a slow reader makes progress.
constexpr size_t kChunk = size_t{64} << 10;

// Starts a thread that blocks all signals, because another thread waits for them. A write then
// reports an ignored signal as an error.
std::thread WithoutSignals(const std::function<void()>& run) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(run);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

struct LineWriter::State {
  State(int fd, std::function<std::string(int64_t)> line) : descriptor(fd), dropped_line(std::move(line)) {}

  const int descriptor;
  const std::function<std::string(int64_t)> dropped_line;
  std::mutex mutex;
  std::condition_variable filled;
  // Notified when something was written or a write failed.
  std::condition_variable moved;
  std::deque<std::shared_ptr<Delivery>> queue;
  size_t waiting_bytes = 0;
  int64_t dropped = 0;
  int64_t unreported = 0;
  uint64_t moves = 0;
  bool stopping = false;
  bool closed = false;
  // Whether the last write succeeded.
  bool works = true;
  // Whether an error cut a line. Used by the writing thread only.
  bool mid_line = false;

  std::shared_ptr<Delivery> Push(std::string lines, bool may_drop, int64_t reports = 0) {
    if (may_drop) waiting_bytes += lines.size();
    auto delivery = std::make_shared<Delivery>();
    delivery->lines = std::move(lines);
    delivery->may_drop = may_drop;
    delivery->reports = reports;
    queue.push_back(delivery);
    filled.notify_one();
    return delivery;
  }

  void ReportDropped() {
    if (unreported == 0) return;
    const int64_t count = std::exchange(unreported, 0);
    Push(dropped_line(count), true, count);
  }

  // A report counts for the lines that it reports.
  void Drop(int64_t reports = 0) {
    dropped += reports == 0 ? 1 : 0;
    unreported += reports == 0 ? 1 : reports;
  }

  void WriteFront(std::unique_lock<std::mutex>& lock);
};

LineWriter::LineWriter(int descriptor, std::function<std::string(int64_t)> dropped_line)
    : state_(std::make_shared<State>(descriptor, std::move(dropped_line))) {
  WithoutSignals([state = state_] { Run(state); }).detach();
}

LineWriter::~LineWriter() {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->stopping = true;
  state_->filled.notify_one();
}

void LineWriter::Add(std::string line) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (state_->waiting_bytes + line.size() > kMaxWaitingBytes) return state_->Drop();
  state_->ReportDropped();
  state_->Push(std::move(line), true);
}

std::shared_ptr<LineWriter::Delivery> LineWriter::Send(std::string lines) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->Push(std::move(lines), false);
}

bool LineWriter::Await(const Delivery& delivery, absl::Duration patience) const {
  std::unique_lock<std::mutex> lock(state_->mutex);
  return state_->moved.wait_until(lock, SteadyAfter(patience), [&delivery] { return delivery.done; });
}

bool LineWriter::Flush(absl::Duration patience) const {
  std::unique_lock<std::mutex> lock(state_->mutex);
  const SteadyTime limit = SteadyAfter(5 * patience);
  const auto empty = [this] { return state_->queue.empty(); };
  while (!empty()) {
    const uint64_t before = state_->moves;
    const SteadyTime end = std::min(limit, SteadyAfter(patience));
    state_->moved.wait_until(lock, end, [&] { return empty() || state_->moves != before; });
    if (SteadyNow() >= limit || (state_->moves == before && !empty())) return empty();
  }
  return true;
}

void LineWriter::Close() {
  Flush();
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->closed = true;
  state_->filled.notify_one();
}

int64_t LineWriter::dropped() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->dropped;
}

void LineWriter::Run(const std::shared_ptr<State>& state) {
  std::unique_lock<std::mutex> lock(state->mutex);
  for (;;) {
    state->filled.wait(lock, [&state] { return state->stopping || state->closed || !state->queue.empty(); });
    if (state->closed || state->queue.empty()) return;
    state->WriteFront(lock);
    if (state->queue.empty() && state->works) state->ReportDropped();
  }
}

void LineWriter::State::WriteFront(std::unique_lock<std::mutex>& lock) {
  const std::shared_ptr<Delivery> front = queue.front();
  absl::string_view rest = front->lines;
  absl::Status status;
  while (!rest.empty() && status.ok()) {
    absl::string_view chunk = rest.substr(0, kChunk);
    lock.unlock();
    absl::string_view newline = mid_line ? "\n" : "";
    status = WriteAll(descriptor, newline);
    if (status.ok()) {
      mid_line = false;
      const size_t size = chunk.size();
      status = WriteAll(descriptor, chunk);
      rest.remove_prefix(size - chunk.size());
    }
    lock.lock();
    ++moves;
    moved.notify_all();
  }
  front->written = front->lines.size() - rest.size();
  if (!rest.empty() && front->written > 0 && front->lines[front->written - 1] != '\n') {
    // The half line stays as it is, and a retry begins with the whole line.
    mid_line = true;
    const size_t line_end = front->lines.rfind('\n', front->written - 1);
    front->written = line_end == std::string::npos ? 0 : line_end + 1;
  }
  if (front->may_drop) {
    waiting_bytes -= front->lines.size();
    if (!status.ok()) Drop(front->reports);
  }
  works = status.ok();
  front->status = std::move(status);
  front->done = true;
  queue.pop_front();
  moved.notify_all();
}

}  // namespace twofold
