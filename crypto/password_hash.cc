#include "crypto/password_hash.h"

#include <atomic>

#include "crypto/bytes.h"
#include "crypto/openssl.h"

namespace twofold {
namespace {

std::atomic<int64_t> hash_count{0};

}  // namespace

std::string Pbkdf2Sha256(absl::string_view password, absl::string_view salt, int iterations, size_t size) {
  std::string hash(size, '\0');
  const absl::Span<const uint8_t> salt_bytes = AsBytes(salt);
  CheckOpenSsl(
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt_bytes.data(),
                        static_cast<int>(salt_bytes.size()), iterations, FetchedMd(HashAlgorithm::kSha256),
                        static_cast<int>(size), reinterpret_cast<uint8_t*>(hash.data())) == 1,
      "PBKDF2");
  hash_count.fetch_add(1, std::memory_order_relaxed);
  return hash;
}

int64_t PasswordHashCount() { return hash_count.load(std::memory_order_relaxed); }

}  // namespace twofold
