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

// What happened in one call. Of a request's texts it holds only who and where. It has no field for
// a code, a secret, a request id or any other free text, and it must never get one.
struct AuditEvent {
  // These four point to text that lives as long as the process: names of RPCs, reasons and method
  // types.
  absl::string_view event;    // The RPC, such as "Verify".
  absl::string_view outcome;  // "ok" or the name of the ErrorReason.
  // A cause that callers are not told, such as "replayed" or "permanent_lock". May be empty.
  absl::string_view detail;
  absl::string_view method_type;  // "totp", "hotp" or "backup_codes". May be empty.

  std::string tenant;
  std::string user;
  std::string method_id;
  std::string grant_id;        // Of a remembered device.
  std::string caller;          // The caller's identity. Empty if it is not authenticated.
  std::string client_address;  // Normalised. IPv6 is shown as its /64.
  bool has_request_id = false;
  int64_t consecutive_failures = -1;  // Of the subject after this call. -1 if unknown.
  int64_t duration_us = 0;
};

class AuditLog;

// A promise that the log will take one event. A ticket that is dropped unused gives its slot back.
// It must not outlive its log.
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

// Writes each event as a JSON object on a line of its own, in order, from one thread. A bounded
// number of events waits for that thread. Thread-safe. Reserve and Record never block. The
// destructor writes the waiting events and syncs the file. Events that nobody reads, or that a full
// disk does not take, are lost then, and the operators' log says how many.
//
// A call reserves a slot before it does anything, and records its event before it answers. Where
// events are required, no answer therefore leaves before the log has taken its event. An event that
// was taken and not yet written is lost with a kill -9. While the log cannot be written, it takes
// no events.
class AuditLog {
 public:
  virtual ~AuditLog() = default;

  // Reserves a slot for an event. Fails only if events are required: it returns UNAVAILABLE while
  // the log cannot be written or too many events wait.
  virtual absl::StatusOr<AuditTicket> Reserve() = 0;

  // Takes the event under its ticket. If there is no slot because too many events wait, the event
  // is dropped and counted, and the next line says how many were dropped.
  virtual void Record(AuditTicket ticket, AuditEvent event) = 0;

  // Opens the file's path again, for log rotation. If that fails, the old file stays in use. Blocks
  // only as long as the disk does.
  virtual absl::Status Reopen() = 0;

  // Returns UNAVAILABLE with the reason while the last write failed and events are required.
  virtual absl::Status CheckReady() const = 0;

  // The number of events that were never written, and of writes that failed (for tests), since the
  // start.
  virtual int64_t dropped() const = 0;
  virtual int64_t write_errors() const = 0;

 protected:
  friend class AuditTicket;
  virtual void ReleaseSlot() = 0;

  static AuditTicket MakeTicket(AuditLog* log) { return AuditTicket(log); }
  // Returns true if the ticket held a slot. The log must release that slot from then on.
  static bool Consume(AuditTicket& ticket) { return std::exchange(ticket.log_, nullptr) != nullptr; }
};

struct AuditSettings {
  // One of "stderr" (also as /dev/stderr), "/dev/stdout", "none", or a path. The path names a
  // regular file, which is made with mode 0600 and appended to, or /dev/null, or a named pipe that
  // has a reader.
  std::string destination = "stderr";
  // Files that `destination` must not be, whether or not they exist yet.
  std::vector<std::string> used_otherwise;
  bool required = false;                       // No answer leaves without its event.
  size_t max_waiting = 65536;                  // Events.
  absl::Duration retry = absl::Seconds(1);     // After a failed write.
  absl::Duration patience = absl::Seconds(1);  // How long a reader may take nothing.
};

// Returns INVALID_ARGUMENT, with the path and the reason, if the log cannot be opened. Nothing was
// made then. `clock` must outlive the log.
absl::StatusOr<std::unique_ptr<AuditLog>> OpenAuditLog(const AuditSettings& settings, const Clock& clock);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_AUDIT_H_
