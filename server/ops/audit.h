#ifndef TWOFOLD_SERVER_OPS_AUDIT_H_
#define TWOFOLD_SERVER_OPS_AUDIT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace twofold {

// What happened in one call. There is no field for a code, a secret, a request's id or free text from a
// request other than who and where, and there must never be one.
struct AuditEvent {
  // These four point to text that lives as long as the process: names of RPCs, reasons and method types.
  absl::string_view event;    // The RPC: "Verify".
  absl::string_view outcome;  // "ok" or the name of the ErrorReason.
  absl::string_view
      detail;  // A cause that callers are not told ("replayed", "permanent_lock_after"); empty: none.
  absl::string_view method_type;  // "totp", "hotp", "backup_codes"; empty: none.

  std::string tenant;
  std::string user;
  std::string method_id;
  std::string caller;          // The caller's identity; empty: not authenticated.
  std::string client_address;  // Normalised; IPv6 as its /64.
  bool has_request_id = false;
  int64_t consecutive_failures = -1;  // Of the subject after this call; -1: not known.
  int64_t duration_us = 0;
};

class AuditLog;

// The promise that one event will be taken. Dropped unused, it gives its slot back. Must not outlive its log.
class AuditTicket {
 public:
  AuditTicket() = default;
  AuditTicket(AuditTicket&& other) noexcept : log_(std::exchange(other.log_, nullptr)) {}
  AuditTicket& operator=(AuditTicket&& other) noexcept;
  ~AuditTicket();

 private:
  friend class AuditLog;
  explicit AuditTicket(AuditLog* log) : log_(log) {}

  AuditLog* log_ = nullptr;  // Null: no slot is held.
};

// One JSON object a line, in order, written by one thread. A bounded number of events waits for it.
// Thread-safe; Reserve and Record never block. The destructor writes what waits and syncs the file; what
// nobody reads, or a full disk does not take, is lost then, and the operators' log says how much.
//
// A call reserves before it does anything and records before it answers. Where events are required, an answer
// therefore never leaves without its event being taken; what was taken and not yet written is lost with a
// kill -9. While nothing can be written, nothing is taken.
class AuditLog {
 public:
  virtual ~AuditLog() = default;

  // Never fails unless events are required: then UNAVAILABLE while nothing can be written or too much waits.
  virtual absl::StatusOr<AuditTicket> Reserve() = 0;

  // Takes the event under its ticket. Without a slot (too much waits) it is dropped and counted; the next
  // line says how many.
  virtual void Record(AuditTicket ticket, AuditEvent event) = 0;

  // Opens the file's path again, for log rotation. On failure the old file stays in use. Blocks no longer
  // than the disk.
  virtual absl::Status Reopen() = 0;

  // UNAVAILABLE with the reason while the last write failed and events are required.
  virtual absl::Status CheckReady() const = 0;

  // Events that were never written, and writes that failed (for tests), since the start.
  virtual int64_t dropped() const = 0;
  virtual int64_t write_errors() const = 0;

 protected:
  friend class AuditTicket;
  virtual void ReleaseSlot() = 0;

  static AuditTicket MakeTicket(AuditLog* log) { return AuditTicket(log); }
  // True when the ticket held a slot, which is the log's to release from then on.
  static bool Consume(AuditTicket& ticket) { return std::exchange(ticket.log_, nullptr) != nullptr; }
};

struct AuditSettings {
  // "stderr" (also as /dev/stderr), "/dev/stdout", "none", or the path of a regular file, which is made with
  // mode 0600 and appended to, of /dev/null, or of a named pipe that somebody reads.
  std::string destination = "stderr";
  // Files that `destination` must not be, whether or not they exist yet.
  std::vector<std::string> used_otherwise;
  bool required = false;                       // No event, no answer.
  size_t max_waiting = 65536;                  // Events.
  absl::Duration retry = absl::Seconds(1);     // After a failed write.
  absl::Duration patience = absl::Seconds(1);  // With a reader that takes nothing; then the write has failed.
};

// INVALID_ARGUMENT names the path and the reason, and nothing was made. `clock` outlives the log.
absl::StatusOr<std::unique_ptr<AuditLog>> OpenAuditLog(const AuditSettings& settings, const Clock& clock);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_AUDIT_H_
