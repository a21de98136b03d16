#ifndef TWOFOLD_SERVER_OPS_RELOADER_H_
#define TWOFOLD_SERVER_OPS_RELOADER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace twofold {

// Something that the server reads from files and takes over again when they change.
struct Reloadable {
  // Names it in the log, such as "policy".
  std::string name;
  // The files that it comes from. They may be symbolic links, such as those of a mounted Kubernetes
  // Secret, and they may be missing.
  std::vector<std::string> paths;
  // Reads the files again. Returns what is in force from now on, as a sentence for the log, or an
  // empty text if nothing changed. An error says why the old state stays in force. After
  // UNAVAILABLE it is called again a little later, although no file changed. It may block.
  std::function<absl::StatusOr<std::string>()> reload;
};

// A thread that calls `reload` when files change. A file counts as changed when its path leads to
// another file, or when its size or time differs. While a file still changes, its reload waits for
// up to a second, because programs write files in several steps. The destructor calls Stop.
class Reloader {
 public:
  virtual ~Reloader() = default;

  // From now on the reloader watches the files. `what.reload` is not called for the state that the
  // files have now. Thread-safe.
  virtual void Add(Reloadable what) = 0;

  // Reloads everything, whether or not it changed. Never blocks. Thread-safe.
  virtual void ReloadAll() = 0;

  // Reloads nothing from now on. Waits for a running reload. Idempotent. Thread-safe.
  virtual void Stop() = 0;

  // Whether the last reload of each thing succeeded, if there was one. Thread-safe.
  virtual bool AllSucceeded() const = 0;
};

// Looks at the files each `pause`.
std::unique_ptr<Reloader> NewReloader(absl::Duration pause = absl::Seconds(1));

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_RELOADER_H_
