#ifndef TWOFOLD_SERVER_ACCESS_CALLER_FILES_H_
#define TWOFOLD_SERVER_ACCESS_CALLER_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/current.h"
#include "server/access/access_control.h"
#include "server/access/tls_files.h"
#include "server/ops/reloader.h"

namespace twofold {

// The certificates and the policy of a server, as its files say now. Thread-safe.
class CallerFiles {
 public:
  // An empty path means that the server has no such file. `clock` outlives it.
  CallerFiles(TlsPaths tls, std::string policy, const Clock& clock)
      : tls_paths_(std::move(tls)), policy_path_(std::move(policy)), clock_(clock) {}

  // Reads all files. Errors are one line that names the file. Blocks. Call it once, before anything
  // else.
  absl::Status Load();

  // From now on the files are read again when they change. This object outlives the reloader.
  void ReloadWith(Reloader& reloader);

  // Null if the server has no certificate.
  const Current<TlsMaterial>* tls() const { return tls_paths_.certificate.empty() ? nullptr : &tls_; }
  const AccessControl& access() const { return access_; }

  // The time until the server's certificate expires.
  absl::Duration CertificateTimeLeft() const;

 private:
  absl::StatusOr<std::string> ReloadTls();
  absl::StatusOr<std::string> ReloadPolicy();

  const TlsPaths tls_paths_;
  const std::string policy_path_;
  const Clock& clock_;
  Current<TlsMaterial> tls_{nullptr};
  AccessControl access_{nullptr};
  // Used by one thread at a time: the one that starts the server, then the reloader's.
  std::string policy_text_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ACCESS_CALLER_FILES_H_
