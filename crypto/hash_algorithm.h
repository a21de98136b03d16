#ifndef TWOFOLD_CRYPTO_HASH_ALGORITHM_H_
#define TWOFOLD_CRYPTO_HASH_ALGORITHM_H_

namespace twofold {

enum class HashAlgorithm { kSha1, kSha256, kSha512 };

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_HASH_ALGORITHM_H_
