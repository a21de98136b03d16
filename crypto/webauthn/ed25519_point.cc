#include "crypto/webauthn/ed25519_point.h"

#include <openssl/bn.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "crypto/bytes.h"
#include "crypto/openssl.h"

namespace twofold {
namespace {

using Bn = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using BnContext = std::unique_ptr<BN_CTX, OpenSslFree<BN_CTX_free>>;

constexpr int kSize = 32;

// 2^255 - 19 and the curve's d (RFC 8032 section 5.1).
constexpr char kPrime[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
constexpr char kD[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

// The y of the points of order 1, 2, 4 and 8. Two points of order 8 share each of the last two.
constexpr std::array<const char*, 5> kSmallOrder = {
    "01",
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
    "00",
    "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
};

Bn FromHex(const char* hex) {
  BIGNUM* number = nullptr;
  CheckOpenSsl(BN_hex2bn(&number, hex) != 0, "BN_hex2bn");
  return Bn(number);
}

Bn NewNumber() {
  Bn number(BN_new());
  CheckOpenSsl(number != nullptr, "BN_new");
  return number;
}

// Whether an x belongs to y: x^2 = (y^2 - 1) / (d y^2 + 1). The denominator is never zero. So the
// question is whether numerator times denominator is a square.
bool HasX(const BIGNUM* y, const BIGNUM* prime) {
  const BnContext context(BN_CTX_new());
  CheckOpenSsl(context != nullptr, "BN_CTX_new");
  const Bn square = NewNumber();
  const Bn above = NewNumber();
  const Bn below = NewNumber();
  const Bn product = NewNumber();
  CheckOpenSsl(BN_mod_sqr(square.get(), y, prime, context.get()) == 1 &&
                   BN_mod_sub(above.get(), square.get(), BN_value_one(), prime, context.get()) == 1 &&
                   BN_mod_mul(below.get(), FromHex(kD).get(), square.get(), prime, context.get()) == 1 &&
                   BN_mod_add(below.get(), below.get(), BN_value_one(), prime, context.get()) == 1 &&
                   BN_mod_mul(product.get(), above.get(), below.get(), prime, context.get()) == 1,
               "the arithmetic of Ed25519");
  return BN_kronecker(product.get(), prime, context.get()) == 1;
}

}  // namespace

bool IsEd25519Point(absl::string_view encoded) {
  if (encoded.size() != kSize) return false;
  std::string bytes(encoded);
  // The highest bit says which of two x it is.
  bytes.back() = static_cast<char>(bytes.back() & 0x7F);
  const Bn y(BN_lebin2bn(AsBytes(bytes).data(), kSize, nullptr));
  CheckOpenSsl(y != nullptr, "BN_lebin2bn");
  const Bn prime = FromHex(kPrime);
  if (BN_cmp(y.get(), prime.get()) >= 0) return false;
  const auto same = [&y](const char* hex) { return BN_cmp(y.get(), FromHex(hex).get()) == 0; };
  if (std::any_of(kSmallOrder.begin(), kSmallOrder.end(), same)) return false;
  return HasX(y.get(), prime.get());
}

}  // namespace twofold
