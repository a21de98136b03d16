#include "crypto/hmac.h"

#include <algorithm>
#include <array>

#include "crypto/openssl.h"

namespace twofold {
namespace {

constexpr size_t kMaxBlockSize = 128;
using Block = std::array<uint8_t, kMaxBlockSize>;

size_t BlockSize(HashAlgorithm algorithm) { return algorithm == HashAlgorithm::kSha512 ? 128 : 64; }

// Each thread has one context for each algorithm, because changing the algorithm of a context frees
// and allocates.
EVP_MD_CTX* ThreadContext(HashAlgorithm algorithm) {
  thread_local std::array<MdContext, 3> contexts;
  MdContext& context = contexts[static_cast<size_t>(algorithm)];
  if (context == nullptr) {
    context.reset(EVP_MD_CTX_new());
    CheckOpenSsl(context != nullptr && EVP_DigestInit_ex(context.get(), FetchedMd(algorithm), nullptr) == 1,
                 "EVP_DigestInit_ex");
  }
  return context.get();
}

void Digest(HashAlgorithm algorithm, absl::Span<const uint8_t> first, absl::Span<const uint8_t> second,
            uint8_t* out) {
  EVP_MD_CTX* context = ThreadContext(algorithm);
  CheckOpenSsl(EVP_DigestInit_ex(context, nullptr, nullptr) == 1 &&
                   EVP_DigestUpdate(context, first.data(), first.size()) == 1 &&
                   EVP_DigestUpdate(context, second.data(), second.size()) == 1 &&
                   EVP_DigestFinal_ex(context, out, nullptr) == 1,
               "a digest");
}

}  // namespace

size_t DigestSize(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return 20;
    case HashAlgorithm::kSha256:
      return 32;
    case HashAlgorithm::kSha512:
      return 64;
  }
  return 0;
}

void Hmac(HashAlgorithm algorithm, absl::Span<const uint8_t> key, absl::Span<const uint8_t> data,
          absl::Span<uint8_t> out) {
  const size_t digest_size = DigestSize(algorithm);
  CheckOpenSsl(out.size() == digest_size, "the size of an HMAC");
  const size_t block_size = BlockSize(algorithm);
  Block pad{};
  if (key.size() > block_size) {
    Digest(algorithm, key, {}, pad.data());
  } else {
    std::copy(key.begin(), key.end(), pad.begin());
  }
  for (uint8_t& byte : pad) byte ^= 0x36;
  std::array<uint8_t, kMaxDigestSize> inner;
  Digest(algorithm, {pad.data(), block_size}, data, inner.data());
  for (uint8_t& byte : pad) byte ^= 0x36 ^ 0x5c;
  Digest(algorithm, {pad.data(), block_size}, {inner.data(), digest_size}, out.data());
  OPENSSL_cleanse(pad.data(), pad.size());
  OPENSSL_cleanse(inner.data(), inner.size());
}

}  // namespace twofold
