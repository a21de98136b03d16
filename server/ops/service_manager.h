#ifndef TWOFOLD_SERVER_OPS_SERVICE_MANAGER_H_
#define TWOFOLD_SERVER_OPS_SERVICE_MANAGER_H_

#include "absl/time/time.h"

// What a process tells the service manager that started it, such as systemd. The protocol is that
// of sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names. Its manual page allows programs
// to implement it, and libsystemd would add six libraries to a process that holds secrets.
//
// Every function does nothing where no service manager listens. All are thread-safe and never block.

namespace twofold {

// The process serves from now on. A unit with Type=notify then counts as started.
void NotifyReady();
// The process ends by itself from now on.
void NotifyStopping();
// The process is in order. systemd restarts a unit with WatchdogSec= that does not say so in time.
void NotifyAlive();

// Returns how often to call NotifyAlive, which is half of WATCHDOG_USEC as sd_watchdog_enabled(3)
// recommends. Infinite if no watchdog waits for this process.
absl::Duration AlivePeriod();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_SERVICE_MANAGER_H_
