#include "crypto/key_ring_file.h"

#include <functional>
#include <map>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/key_ring_message.h"
#include "crypto/secret_bytes.h"

namespace twofold {
namespace {

using FileMessage = internal::v1::KeyRingFile;

// Returns the bytes of a wrapped key.
using Unwrap = std::function<absl::StatusOr<SecretBytes>(const FileMessage::Key& key)>;

absl::StatusOr<SecretBytes> BytesOf(const FileMessage::Key& key, absl::string_view name,
                                    const Unwrap& unwrap) {
  if (key.wrapped_key().empty()) return SecretBytes::FromString(key.key());
  if (!key.key().empty()) {
    return UnusableKeyRing(name, absl::StrCat("key ", key.id(), " is there in clear and wrapped"));
  }
  return unwrap(key);
}

absl::StatusOr<std::unique_ptr<KeyRing>> MakeRing(const KeyRingMessage& message, absl::string_view name,
                                                  const Unwrap& unwrap) {
  std::vector<RingKey> keys;
  for (const FileMessage::Key& key : message.file.keys()) {
    TWOFOLD_ASSIGN_OR_RETURN(SecretBytes bytes, BytesOf(key, name, unwrap));
    keys.emplace_back(key.id(), std::move(bytes));
  }
  absl::StatusOr<std::unique_ptr<KeyRing>> ring =
      KeyRing::Create(message.file.primary_key_id(), std::move(keys));
  if (!ring.ok()) return UnusableKeyRing(name, ring.status().message());
  return ring;
}

// For rings whose keys must be in clear.
Unwrap NoUnwrap(absl::string_view name) {
  return [name](const FileMessage::Key& key) {
    return UnusableKeyRing(name, absl::StrCat("key ", key.id(),
                                              " is wrapped. Name the service that wrapped it in the URI of "
                                              "the key ring"));
  };
}

class FileKeySource final : public KeySource {
 public:
  FileKeySource(std::string path, std::unique_ptr<KeyWrapper> wrapper)
      : path_(std::move(path)), wrapper_(std::move(wrapper)) {}

  const std::string& file() const override { return path_; }
  KeyWrapper* wrapper() const override { return wrapper_.get(); }

  absl::StatusOr<std::unique_ptr<KeyRing>> Load() override {
    TWOFOLD_ASSIGN_OR_RETURN(const KeyRingMessage message, ReadKeyRingMessage(path_));
    if (wrapper_ == nullptr) return MakeRing(message, path_, NoUnwrap(path_));
    std::map<std::string, SecretBytes> in_file;
    const auto unwrap = [this, &in_file](const FileMessage::Key& key) -> absl::StatusOr<SecretBytes> {
      TWOFOLD_ASSIGN_OR_RETURN(SecretBytes bytes, UnwrapOnce(key));
      in_file.insert_or_assign(key.wrapped_key(), bytes.Clone());
      return bytes;
    };
    absl::StatusOr<std::unique_ptr<KeyRing>> ring = MakeRing(message, path_, unwrap);
    // What was unwrapped need not be unwrapped again for the next try.
    if (ring.ok()) known_.clear();
    for (auto& [wrapped, bytes] : in_file) known_.insert_or_assign(wrapped, std::move(bytes));
    return ring;
  }

 private:
  absl::StatusOr<SecretBytes> UnwrapOnce(const FileMessage::Key& key) {
    if (const auto known = known_.find(key.wrapped_key()); known != known_.end()) {
      return known->second.Clone();
    }
    absl::StatusOr<SecretBytes> bytes = wrapper_->Unwrap(key.wrapped_key());
    if (bytes.ok()) return bytes;
    return absl::Status(bytes.status().code(),
                        absl::StrCat("key ", key.id(), " of the key ring ", path_,
                                     " cannot be unwrapped: ", bytes.status().message()));
  }

  const std::string path_;
  const std::unique_ptr<KeyWrapper> wrapper_;
  // By the text of the wrapped key.
  std::map<std::string, SecretBytes> known_;
};

}  // namespace

std::unique_ptr<KeySource> NewFileKeySource(std::string path, std::unique_ptr<KeyWrapper> wrapper) {
  return std::make_unique<FileKeySource>(std::move(path), std::move(wrapper));
}

absl::StatusOr<std::unique_ptr<KeyRing>> ParseKeyRing(absl::string_view json, absl::string_view name) {
  TWOFOLD_ASSIGN_OR_RETURN(const KeyRingMessage message, ParseKeyRingMessage(json, name));
  return MakeRing(message, name, NoUnwrap(name));
}

absl::StatusOr<std::unique_ptr<KeyRing>> LoadKeyRingFile(const std::string& path) {
  TWOFOLD_ASSIGN_OR_RETURN(const KeyRingMessage message, ReadKeyRingMessage(path));
  return MakeRing(message, path, NoUnwrap(path));
}

}  // namespace twofold
