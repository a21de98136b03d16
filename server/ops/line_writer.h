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

// The one thread that writes to a descriptor which this process shares with others: stderr, stdout. Whoever
// holds the other end may stop reading, and then a write blocks for good. O_NONBLOCK would save us from that
// but belongs to all who share the descriptor, and a poll before each write tells nothing once somebody else
// writes too. So the thread may hang, and nobody waits for it without a bound; it is detached and ends with
// the process. Thread-safe.
class LineWriter {
 public:
  // Lines that wait to be written. Beyond that Add drops.
  static constexpr size_t kMaxWaitingBytes = size_t{1} << 20;
  // A reader that took nothing for so long is none.
  static constexpr absl::Duration kPatience = absl::Seconds(2);

  // `descriptor` stays open as long as the process lives. `dropped_line` makes the line that says how many
  // lines are missing.
  LineWriter(int descriptor, std::function<std::string(int64_t)> dropped_line);
  // Does not wait: what is under way may still be written.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Queues one line, with its newline. Never blocks. Too much waits: the line is dropped and counted, and a
  // line in its place says so.
  void Add(std::string line);

  // Whole lines, and once Await said so, what has become of them.
  struct Delivery {
    std::string lines;
    bool may_drop = false;
    bool done = false;
    absl::Status status;
    size_t written = 0;   // Bytes of whole lines at the front.
    int64_t reports = 0;  // How many lines are missing before it; 0: it is no report of that.
  };
  // Queues whole lines. Never drops, so the caller waits for one before it sends the next.
  std::shared_ptr<Delivery> Send(std::string lines);
  // Blocks until it is written or the write has failed, at most for `patience`. False: neither is so yet, and
  // it may be waited for again.
  bool Await(const Delivery& delivery, absl::Duration patience) const;

  // Blocks until everything that was given is written. False when the reader took nothing for `patience`, or
  // not all within five times that.
  bool Flush(absl::Duration patience = kPatience) const;

  // Flush, and then nothing is written any more: before what the lines are made with is destroyed.
  void Close();

  // Lines that Add dropped, and lines of it that could not be written, since the start.
  int64_t dropped() const;

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_LINE_WRITER_H_
