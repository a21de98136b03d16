#ifndef TWOFOLD_CLIENTS_FORMATS_PSKC_VALUES_H_
#define TWOFOLD_CLIENTS_FORMATS_PSKC_VALUES_H_

#include <optional>
#include <pugixml.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/formats/imported.h"
#include "crypto/secret_bytes.h"
#include "crypto/xml_encryption.h"

namespace twofold {

// A value of a key package, such as a secret or a counter.
struct PskcValue {
  // Binary for what was encrypted. The text of the element for what was not.
  SecretBytes bytes;
  bool was_encrypted = false;
};

// Opens the values of one PSKC file (RFC 6030 §6). Any error refuses the whole file, because a wrong
// key or a wrong MAC says that no value can be trusted.
class PskcValues {
 public:
  // Reads what the container says about its encryption. INVALID_ARGUMENT if it is incomplete, and if
  // the options have no key or password for it.
  static absl::StatusOr<PskcValues> Create(const pugi::xml_node& container, const ImportOptions& options);

  // Returns the value in `element`, or nullopt if it has none.
  absl::StatusOr<std::optional<PskcValue>> Open(const pugi::xml_node& element) const;

  // Whether a value was encrypted in a way that does not tell whether the key is right.
  bool unchecked() const { return unchecked_; }

 private:
  absl::Status SetKey(const pugi::xml_node& encryption, const ImportOptions& options);
  absl::Status SetMac(const pugi::xml_node& container);
  absl::StatusOr<SecretBytes> Decrypt(absl::string_view algorithm, absl::string_view ciphertext) const;
  absl::StatusOr<SecretBytes> OpenEncrypted(const pugi::xml_node& encrypted, const pugi::xml_node& mac) const;
  absl::StatusOr<SecretBytes> OpenChecked(absl::string_view algorithm, const SecretBytes& ciphertext,
                                          const pugi::xml_node& mac) const;

  // Why there is no key, as an error for a file that needs one.
  absl::Status no_key_;
  SecretBytes key_;
  std::string iv_;
  // The algorithm of drafts, in which the container names it once.
  std::string container_algorithm_;
  bool has_mac_method_ = false;
  MacHash mac_hash_ = MacHash::kSha1;
  SecretBytes mac_key_;
  mutable bool unchecked_ = false;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_PSKC_VALUES_H_
