#include "crypto/aead.h"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/hex.h"
#include "crypto/bytes.h"
#include "crypto/system_random.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr absl::string_view kPlain = "a secret of some length";
constexpr absl::string_view kAad = "what it belongs to";

struct Vector {
  absl::string_view key;
  absl::string_view nonce;
  absl::string_view plaintext;
  absl::string_view associated_data;
  absl::string_view ciphertext;
  absl::string_view tag;
};

constexpr Vector kGcmSpec[] = {
#include "tests/vectors/gcm_spec_aes256.inc"
};

// Gives the nonce of a vector.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void Fill(absl::Span<uint8_t> out) override {
    ASSERT_EQ(out.size(), bytes_.size());
    std::copy(bytes_.begin(), bytes_.end(), out.begin());
  }

 private:
  const std::string bytes_;
};

Aead NewAead() { return Aead(SecretBytes::FromString(RandomBytes(SystemRandom(), Aead::kKeySize))); }

void ExpectDoesNotOpen(const Aead& aead, absl::string_view sealed, absl::string_view associated_data) {
  const absl::Status status = aead.Open(sealed, associated_data).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "a sealed text is damaged or was sealed for something else");
}

TEST(Aead, GivesTheVectorsOfTheGcmSpecification) {
  for (const Vector& vector : kGcmSpec) {
    const Aead aead(SecretBytes::FromString(BytesOfHex(vector.key)));
    FixedRandom random(BytesOfHex(vector.nonce));
    const std::string aad = BytesOfHex(vector.associated_data);
    const std::string sealed = aead.Seal(random, BytesOfHex(vector.plaintext), aad);
    EXPECT_EQ(absl::BytesToHexString(sealed), absl::StrCat(vector.nonce, vector.ciphertext, vector.tag));
    EXPECT_EQ(absl::BytesToHexString(aead.Open(sealed, aad)->text()), vector.plaintext);
  }
}

TEST(Aead, OpensWhatItSealedAtEveryLength) {
  const Aead aead = NewAead();
  for (size_t size = 0; size < 300; ++size) {
    const std::string plain = RandomBytes(SystemRandom(), size);
    const std::string aad = RandomBytes(SystemRandom(), size % 70);
    const std::string sealed = aead.Seal(SystemRandom(), plain, aad);
    EXPECT_EQ(sealed.size(), size + Aead::kNonceSize + Aead::kTagSize);
    EXPECT_EQ(aead.Open(sealed, aad)->text(), plain);
  }
}

TEST(Aead, AFlippedBitAnywhereDoesNotOpen) {
  const Aead aead = NewAead();
  for (const absl::string_view plain : {kPlain, absl::string_view("")}) {
    const std::string sealed = aead.Seal(SystemRandom(), plain, kAad);
    for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      std::string altered = sealed;
      altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << bit % 8);
      ExpectDoesNotOpen(aead, altered, kAad);
    }
  }
}

TEST(Aead, AFlippedBitOfTheAssociatedDataDoesNotOpen) {
  const Aead aead = NewAead();
  const std::string sealed = aead.Seal(SystemRandom(), kPlain, kAad);
  for (size_t bit = 0; bit < kAad.size() * 8; ++bit) {
    std::string altered(kAad);
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << bit % 8);
    ExpectDoesNotOpen(aead, sealed, altered);
  }
  for (size_t size = 0; size < kAad.size(); ++size) ExpectDoesNotOpen(aead, sealed, kAad.substr(0, size));
  ExpectDoesNotOpen(aead, sealed, std::string(kAad) + '\0');
}

TEST(Aead, NoOtherLengthOpens) {
  const Aead aead = NewAead();
  const std::string sealed = aead.Seal(SystemRandom(), kPlain, kAad);
  for (size_t size = 0; size < sealed.size(); ++size) {
    ExpectDoesNotOpen(aead, sealed.substr(0, size), kAad);
    ExpectDoesNotOpen(aead, sealed.substr(sealed.size() - size), kAad);
  }
  ExpectDoesNotOpen(aead, sealed + '\0', kAad);
  ExpectDoesNotOpen(aead, '\0' + sealed, kAad);
}

TEST(Aead, AnotherKeyDoesNotOpen) {
  ExpectDoesNotOpen(NewAead(), NewAead().Seal(SystemRandom(), kPlain, kAad), kAad);
}

TEST(Aead, OpensAfterATextThatDidNotOpen) {
  const Aead aead = NewAead();
  const std::string sealed = aead.Seal(SystemRandom(), kPlain, kAad);
  ExpectDoesNotOpen(aead, sealed, "");
  EXPECT_EQ(aead.Open(sealed, kAad)->text(), kPlain);
}

TEST(Aead, NoNonceComesTwice) {
  const Aead aead = NewAead();
  std::set<std::string> nonces;
  for (int i = 0; i < 10000; ++i)
    nonces.insert(aead.Seal(SystemRandom(), kPlain, kAad).substr(0, Aead::kNonceSize));
  EXPECT_EQ(nonces.size(), 10000);
}

TEST(Aead, ThreadsShareOne) {
  const Aead aead = NewAead();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&aead, i] {
      for (int round = 0; round < 2000; ++round) {
        const std::string plain = absl::StrCat("thread ", i, " round ", round);
        ASSERT_EQ(aead.Open(aead.Seal(SystemRandom(), plain, kAad), kAad)->text(), plain);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(AeadDeathTest, RefusesAKeyOfAnotherSize) {
  EXPECT_DEATH(Aead(SecretBytes::Zeros(16)), "size of a key");
  EXPECT_DEATH(Aead(SecretBytes::Zeros(0)), "size of a key");
}

}  // namespace
}  // namespace twofold
