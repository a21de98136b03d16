#include "server/access/caller_files.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace twofold {

absl::Status CallerFiles::Load() {
  if (!tls_paths_.certificate.empty()) TWOFOLD_RETURN_IF_ERROR(ReloadTls().status());
  if (!policy_path_.empty()) TWOFOLD_RETURN_IF_ERROR(ReloadPolicy().status());
  return absl::OkStatus();
}

void CallerFiles::ReloadWith(Reloader& reloader) {
  if (!tls_paths_.certificate.empty()) {
    reloader.Add({"TLS certificate", {tls_paths_.certificate, tls_paths_.key, tls_paths_.client_ca}, [this] {
                    return ReloadTls();
                  }});
  }
  if (!policy_path_.empty()) reloader.Add({"policy", {policy_path_}, [this] { return ReloadPolicy(); }});
}

absl::Duration CallerFiles::CertificateTimeLeft() const {
  const std::shared_ptr<const TlsMaterial> material = tls_.Get();
  if (material == nullptr) return absl::ZeroDuration();
  return material->not_after - absl::FromUnixMillis(clock_.Now());
}

absl::StatusOr<std::string> CallerFiles::ReloadTls() {
  TWOFOLD_ASSIGN_OR_RETURN(std::shared_ptr<const TlsMaterial> material,
                           LoadTlsMaterial(tls_paths_, absl::FromUnixMillis(clock_.Now())));
  const std::shared_ptr<const TlsMaterial> before = tls_.Get();
  if (before != nullptr && *before == *material) return std::string();
  const std::string until =
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", material->not_after, absl::UTCTimeZone());
  tls_.Set(std::move(material));
  return absl::StrCat("it is valid until ", until);
}

absl::StatusOr<std::string> CallerFiles::ReloadPolicy() {
  TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<const Policy> policy, Policy::Load(policy_path_));
  if (policy->text() == policy_text_) return std::string();
  policy_text_ = policy->text();
  const size_t callers = policy->callers().size();
  access_.Replace(std::move(policy));
  return absl::StrCat(callers, callers == 1 ? " caller" : " callers");
}

}  // namespace twofold
