#include "crypto/key_ring.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/hex.h"
#include "crypto/associated_data.h"
#include "crypto/system_random.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr absl::string_view kPlain = "a secret";
constexpr size_t kOverhead = 1 + 4 + Aead::kNonceSize + Aead::kTagSize;
constexpr Purpose kPurposes[] = {Purpose::kSecret, Purpose::kAnswer, Purpose::kExport, Purpose::kCheck};

// Gives the bytes 0, 1, 2 …
class CountingRandom final : public Random {
 public:
  void Fill(absl::Span<uint8_t> out) override { std::iota(out.begin(), out.end(), uint8_t{0}); }
};

RingKey KeyOf(uint32_t id) {
  return RingKey(id, SecretBytes::FromString(std::string(32, static_cast<char>('A' + id))));
}

std::unique_ptr<KeyRing> Ring(uint32_t primary, std::initializer_list<uint32_t> ids) {
  std::vector<RingKey> keys;
  for (const uint32_t id : ids) keys.push_back(KeyOf(id));
  return *KeyRing::Create(primary, std::move(keys));
}

std::string Seal(const KeyRing& ring, Purpose purpose = Purpose::kSecret,
                 absl::string_view context = "context", absl::string_view key_info = "") {
  return ring.Seal(purpose, kPlain, context, SystemRandom(), key_info);
}

absl::StatusCode OpenCode(const KeyRing& ring, absl::string_view sealed, Purpose purpose = Purpose::kSecret,
                          absl::string_view context = "context", absl::string_view key_info = "") {
  return ring.Open(purpose, sealed, context, key_info).status().code();
}

TEST(KeyRing, WritesTheDocumentedFormat) {
  const auto ring = Ring(258, {258});
  CountingRandom random;
  const std::string sealed = ring->Seal(Purpose::kSecret, kPlain, "context", random);
  ASSERT_EQ(sealed.size(), kPlain.size() + kOverhead);
  EXPECT_EQ(absl::BytesToHexString(sealed.substr(0, 17)),
            "0100000102"
            "000102030405060708090a0b");
}

// Another implementation (pyca/cryptography) made these with this key, after the description in the
// header. Stored texts must open for ever.
TEST(KeyRing, L6_OpensTextsOfTheFirstRelease) {
  struct Case {
    Purpose purpose;
    absl::string_view key_info;
    absl::string_view sealed;
  };
  const Case cases[] = {
#include "tests/vectors/key_ring_sealed.inc"
  };
  const auto ring = Ring(7, {7});
  for (const Case& c : cases) {
    CountingRandom random;
    EXPECT_EQ(absl::BytesToHexString(ring->Seal(c.purpose, kPlain, "context", random, c.key_info)), c.sealed);
    const absl::StatusOr<SecretBytes> opened =
        ring->Open(c.purpose, BytesOfHex(c.sealed), "context", c.key_info);
    ASSERT_TRUE(opened.ok()) << c.sealed;
    EXPECT_EQ(opened->text(), kPlain);
  }
}

TEST(KeyRing, OpensForItsPurposeOnly) {
  const auto ring = Ring(1, {1});
  for (const Purpose sealed_for : kPurposes) {
    const std::string sealed = Seal(*ring, sealed_for);
    for (const Purpose purpose : kPurposes) {
      EXPECT_EQ(OpenCode(*ring, sealed, purpose),
                purpose == sealed_for ? absl::StatusCode::kOk : absl::StatusCode::kDataLoss);
    }
  }
}

TEST(KeyRing, T39_OpensForItsContextOnly) {
  const auto ring = Ring(1, {1});
  const std::string context = LengthPrefixed({"tenant", "ann", "method"});
  const std::string sealed = Seal(*ring, Purpose::kSecret, context);
  EXPECT_EQ(OpenCode(*ring, sealed, Purpose::kSecret, context), absl::StatusCode::kOk);
  const std::string others[] = {
      LengthPrefixed({"tenant", "bob", "method"}), LengthPrefixed({"tenan", "tann", "method"}),
      LengthPrefixed({"tenant", "ann"}),           LengthPrefixed({"tenant", "ann", "method", ""}),
      LengthPrefixed({"", "ann", "method"}),       "",
  };
  for (const std::string& other : others) {
    EXPECT_EQ(OpenCode(*ring, sealed, Purpose::kSecret, other), absl::StatusCode::kDataLoss);
  }
}

TEST(KeyRing, OpensWithItsKeyInfoOnly) {
  const auto ring = Ring(1, {1});
  const std::string plain_key = Seal(*ring, Purpose::kAnswer);
  const std::string extra_key = Seal(*ring, Purpose::kAnswer, "context", "request");
  EXPECT_EQ(OpenCode(*ring, extra_key, Purpose::kAnswer, "context", "request"), absl::StatusCode::kOk);
  EXPECT_EQ(OpenCode(*ring, extra_key, Purpose::kAnswer, "context", "other"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenCode(*ring, extra_key, Purpose::kAnswer, "context"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenCode(*ring, plain_key, Purpose::kAnswer, "context", "request"), absl::StatusCode::kDataLoss);
}

TEST(KeyRing, AFlippedBitAnywhereDoesNotOpen) {
  // Two keys, so that a flipped key id may name the other one.
  const auto ring = Ring(1, {1, 3});
  const std::string sealed = Seal(*ring);
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string altered = sealed;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << bit % 8);
    const bool names_a_missing_key = bit >= 8 && bit < 40 && bit != 32 && bit != 33;
    EXPECT_EQ(OpenCode(*ring, altered),
              names_a_missing_key ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kDataLoss)
        << bit;
  }
}

TEST(KeyRing, NoOtherLengthOpens) {
  const auto ring = Ring(1, {1});
  for (const absl::string_view plain : {kPlain, absl::string_view("")}) {
    const std::string sealed = ring->Seal(Purpose::kSecret, plain, "context", SystemRandom());
    for (size_t size = 0; size < sealed.size(); ++size) {
      EXPECT_EQ(OpenCode(*ring, sealed.substr(0, size)), absl::StatusCode::kDataLoss) << size;
    }
    EXPECT_EQ(OpenCode(*ring, sealed + '\0'), absl::StatusCode::kDataLoss);
    EXPECT_EQ(OpenCode(*ring, sealed), absl::StatusCode::kOk);
  }
}

TEST(KeyRing, AllFailuresToOpenReadTheSame) {
  const auto ring = Ring(1, {1});
  const std::string sealed = Seal(*ring);
  std::set<std::string> messages;
  for (const std::string& altered :
       {sealed + '\0', sealed.substr(1), std::string(), std::string("\2abcdefgh")}) {
    messages.insert(std::string(ring->Open(Purpose::kSecret, altered, "context").status().message()));
  }
  messages.insert(std::string(ring->Open(Purpose::kExport, sealed, "context").status().message()));
  EXPECT_EQ(messages.size(), 1);
}

TEST(KeyRing, OldKeysOpenAndThePrimarySeals) {
  const auto old_ring = Ring(1, {1});
  const auto new_ring = Ring(2, {1, 2});
  const std::string old_text = Seal(*old_ring);
  const std::string new_text = Seal(*new_ring);
  EXPECT_EQ(OpenCode(*new_ring, old_text), absl::StatusCode::kOk);
  EXPECT_FALSE(new_ring->SealedByPrimary(old_text));
  EXPECT_TRUE(new_ring->SealedByPrimary(new_text));
  EXPECT_EQ(new_ring->primary_key_id(), 2);
}

TEST(KeyRing, T39_AMissingKeyIsNotDamage) {
  const std::string sealed = Seal(*Ring(1, {1}));
  const absl::Status status = Ring(2, {2})->Open(Purpose::kSecret, sealed, "context").status();
  EXPECT_EQ(status, absl::FailedPreconditionError("the key ring lacks key 1"));
}

TEST(KeyRing, AnotherKeyOfTheSameIdDoesNotOpen) {
  std::vector<RingKey> keys;
  keys.emplace_back(1, SecretBytes::FromString(std::string(32, 'x')));
  EXPECT_EQ(OpenCode(**KeyRing::Create(1, std::move(keys)), Seal(*Ring(1, {1}))),
            absl::StatusCode::kDataLoss);
}

TEST(KeyRing, WhatIsMalformedWasNotSealedByThePrimary) {
  const auto ring = Ring(1, {1});
  for (const absl::string_view text :
       {absl::string_view(""), absl::string_view("\1\0\0\0", 4), absl::string_view("\1\0\0\0\0", 5),
        absl::string_view("\2\0\0\0\1", 5)}) {
    EXPECT_FALSE(ring->SealedByPrimary(text));
  }
}

TEST(KeyRing, DigestsAreKeyedAndSeparatedByLabel) {
  const auto ring = Ring(1, {1});
  const std::string digest = ring->Digest("request", "data");
  EXPECT_EQ(digest.size(), 16);
  EXPECT_EQ(digest, ring->Digest("request", "data"));
  EXPECT_NE(digest, ring->Digest("content", "data"));
  EXPECT_NE(digest, ring->Digest("request", "dat"));
  EXPECT_NE(digest, ring->Digest("requestd", "ata"));
  EXPECT_NE(digest, Ring(2, {2})->Digest("request", "data"));
}

TEST(KeyRing, DigestsOfOldKeysMatch) {
  const std::string digest = Ring(1, {1})->Digest("request", "data");
  EXPECT_TRUE(Ring(2, {1, 2})->DigestMatches(1, "request", "data", digest));
  EXPECT_TRUE(Ring(1, {1, 2})->DigestMatches(1, "request", "data", digest));
  EXPECT_FALSE(Ring(1, {1, 2})->DigestMatches(2, "request", "data", digest)) << "another key";
  EXPECT_FALSE(Ring(2, {2})->DigestMatches(1, "request", "data", digest)) << "the key is missing";
  EXPECT_FALSE(Ring(1, {1})->DigestMatches(0, "request", "data", digest));
  EXPECT_FALSE(Ring(1, {1})->DigestMatches(1, "request", "Data", digest));
  EXPECT_FALSE(Ring(1, {1})->DigestMatches(1, "other", "data", digest));
  for (size_t size = 0; size < digest.size(); ++size) {
    EXPECT_FALSE(Ring(1, {1})->DigestMatches(1, "request", "data", digest.substr(0, size)));
  }
  EXPECT_FALSE(Ring(1, {1})->DigestMatches(1, "request", "data", digest + '\0'));
}

TEST(KeyRing, TellsWhichKeysItHasAndWhichKeySealed) {
  const auto ring = Ring(2, {7, 1, 2});
  EXPECT_EQ(ring->key_ids(), (std::vector<uint32_t>{1, 2, 7}));
  EXPECT_TRUE(ring->HasKey(7));
  EXPECT_FALSE(ring->HasKey(3));
  EXPECT_EQ(KeyRing::KeyIdOf(Seal(*ring)), 2U);
  EXPECT_EQ(KeyRing::KeyIdOf("damaged"), 0U);
}

TEST(KeyRing, TellsWhetherAnotherRingHasTheSameKey) {
  const auto ring = Ring(2, {1, 2});
  std::vector<RingKey> keys;
  keys.emplace_back(1, SecretBytes::FromString(std::string(32, 'x')));
  const auto other = *KeyRing::Create(1, std::move(keys));
  EXPECT_TRUE(ring->HasSameKey(1, *Ring(1, {1})));
  EXPECT_FALSE(ring->HasSameKey(2, *Ring(1, {1})));
  EXPECT_FALSE(ring->HasSameKey(1, *other));
}

TEST(KeyRing, RefusesKeysThatMakeNoRing) {
  const auto create = [](uint32_t primary, std::initializer_list<std::pair<uint32_t, std::string>> keys) {
    std::vector<RingKey> ring_keys;
    for (const auto& [id, bytes] : keys) ring_keys.emplace_back(id, SecretBytes::FromString(bytes));
    return KeyRing::Create(primary, std::move(ring_keys)).status();
  };
  const std::string key(32, 'k');
  EXPECT_TRUE(create(1, {{1, key}}).ok());
  EXPECT_EQ(create(1, {}), absl::InvalidArgumentError("there is no key"));
  EXPECT_EQ(create(0, {{1, key}}), absl::InvalidArgumentError("there is no primary key"));
  EXPECT_EQ(create(2, {{1, key}}), absl::InvalidArgumentError("the primary key 2 is not among the keys"));
  EXPECT_EQ(create(1, {{1, key}, {0, key}}), absl::InvalidArgumentError("a key has the id 0"));
  EXPECT_EQ(create(1, {{1, key}, {1, key}}), absl::InvalidArgumentError("key 1 is there twice"));
  EXPECT_EQ(create(1, {{1, ""}}), absl::InvalidArgumentError("key 1 is not 32 bytes long"));
  EXPECT_EQ(create(1, {{1, key.substr(1)}}), absl::InvalidArgumentError("key 1 is not 32 bytes long"));
  EXPECT_EQ(create(1, {{1, key + "k"}}), absl::InvalidArgumentError("key 1 is not 32 bytes long"));
  EXPECT_EQ(create(1, {{1, std::string(32, '\0')}}), absl::InvalidArgumentError("key 1 is all zeros"));
}

TEST(KeyRing, ThreadsShareOne) {
  const auto ring = Ring(2, {1, 2});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&ring] {
      for (int round = 0; round < 500; ++round) {
        ASSERT_EQ(OpenCode(*ring, Seal(*ring)), absl::StatusCode::kOk);
        ASSERT_EQ(OpenCode(*ring, Seal(*ring, Purpose::kAnswer, "c", "i"), Purpose::kAnswer, "c", "i"),
                  absl::StatusCode::kOk);
        ASSERT_TRUE(ring->DigestMatches(2, "l", "d", ring->Digest("l", "d")));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace twofold
