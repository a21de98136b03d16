#include "crypto/sha256.h"

#include <cstddef>

#include "crypto/openssl.h"

namespace twofold {

std::string Sha256(absl::string_view text) {
  constexpr size_t kSize = 32;
  std::string digest(kSize, '\0');
  CheckOpenSsl(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                          FetchedMd(HashAlgorithm::kSha256), nullptr) == 1,
               "EVP_Digest");
  return digest;
}

}  // namespace twofold
