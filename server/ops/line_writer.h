#ifndef TWOFOLD_SERVER_OPS_LINE_WRITER_H_
#define TWOFOLD_SERVER_OPS_LINE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace twofold {

// The only thread that writes to a descriptor which this process shares with others, such as stderr
// or stdout. If the reader at the other end stops, a write blocks for good. O_NONBLOCK would
// prevent that, but it applies to every process that shares the descriptor. A poll before each
// write proves nothing while other processes write too. The thread may therefore hang, and no other
// thread waits for it without a bound. It is detached and ends with the process. Thread-safe.
class LineWriter {
 public:
  // The size of the lines that may wait. Beyond it Add drops lines.
  static constexpr size_t kMaxWaitingBytes = size_t{1} << 20;
  // A reader that takes nothing for this long counts as absent.
  static constexpr absl::Duration kPatience = absl::Seconds(2);

  // `descriptor` must stay open as long as the process lives. `dropped_line` makes the line that
  // says how many lines are missing.
  LineWriter(int descriptor, std::function<std::string(int64_t)> dropped_line);
  // Does not wait. A write that has begun may still finish.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Queues one line, with its newline. Never blocks. If too much waits, the line is dropped and
  // counted, and a line in its place says so.
  void Add(std::string line);

  // Whole lines and, once Await has returned true, their outcome.
  struct Delivery {
    std::string lines;
    bool may_drop = false;
    bool done = false;
    absl::Status status;
    size_t written = 0;   // Bytes of whole lines at the front that were written.
    int64_t reports = 0;  // For a report of missing lines: how many they are. Otherwise 0.
  };
  // Queues whole lines. It never drops, so the caller must wait for one delivery before it sends
  // the next.
  std::shared_ptr<Delivery> Send(std::string lines);
  // Blocks until the delivery is written or has failed, for `patience` at most. Returns false if
  // neither has happened yet. The caller may then wait again.
  bool Await(const Delivery& delivery, absl::Duration patience) const;

  // Blocks until everything that was given is written. Returns false if the reader took nothing for
  // `patience`, or not everything within five times that.
  bool Flush(absl::Duration patience = kPatience) const;

  // Flushes and then writes nothing more. Call it before the objects that the lines are made with
  // are destroyed.
  void Close();

  // The number of lines, since the start, that Add dropped or that could not be written.
  int64_t dropped() const;

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_LINE_WRITER_H_
