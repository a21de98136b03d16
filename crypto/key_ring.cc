#include "crypto/key_ring.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "crypto/associated_data.h"
#include "crypto/bytes.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "crypto/openssl.h"

namespace twofold {
namespace {

constexpr char kVersion = 1;
constexpr size_t kHeaderSize = 5;
constexpr size_t kDigestSize = 16;
constexpr int kPurposes = 7;

// The labels are part of every derived key. Never change one.
absl::string_view Label(Purpose purpose) {
  switch (purpose) {
    case Purpose::kSecret:
      return "secret";
    case Purpose::kAnswer:
      return "answer";
    case Purpose::kExport:
      return "export";
    case Purpose::kCheck:
      return "check";
    case Purpose::kChallenge:
      return "challenge";
    case Purpose::kPrompt:
      return "prompt";
    case Purpose::kGrant:
      return "grant";
  }
  CheckOpenSsl(false, "an unknown purpose");
  return "";
}

SecretBytes DeriveSealingKey(const SecretBytes& ring_key, Purpose purpose, absl::string_view key_info) {
  return HkdfSha256(ring_key.bytes(), "", LengthPrefixed({"twofold seal 1", Label(purpose), key_info}),
                    Aead::kKeySize);
}

std::string Header(uint32_t key_id) {
  std::string header(1, kVersion);
  for (int shift = 24; shift >= 0; shift -= 8) header.push_back(static_cast<char>(key_id >> shift));
  return header;
}

absl::Status CheckKeys(uint32_t primary_key_id, const std::vector<RingKey>& keys) {
  bool has_primary = false;
  for (const RingKey& key : keys) {
    if (key.id == 0) return absl::InvalidArgumentError("a key has the id 0");
    if (key.bytes.size() != KeyRing::kKeySize) {
      return absl::InvalidArgumentError(absl::StrCat("key ", key.id, " is not 32 bytes long"));
    }
    if (key.bytes.ConstantTimeEquals(SecretBytes::Zeros(KeyRing::kKeySize))) {
      return absl::InvalidArgumentError(absl::StrCat("key ", key.id, " is all zeros"));
    }
    has_primary = has_primary || key.id == primary_key_id;
  }
  if (keys.empty()) return absl::InvalidArgumentError("there is no key");
  if (primary_key_id == 0) return absl::InvalidArgumentError("there is no primary key");
  if (!has_primary) {
    return absl::InvalidArgumentError(
        absl::StrCat("the primary key ", primary_key_id, " is not among the keys"));
  }
  return absl::OkStatus();
}

}  // namespace

// The keys that are derived from one key of the ring.
struct KeyRing::DerivedKeys {
  DerivedKeys(uint32_t id_in, SecretBytes ring_key_in)
      : id(id_in),
        ring_key(std::move(ring_key_in)),
        digest_key(HkdfSha256(ring_key.bytes(), "", LengthPrefixed({"twofold digest 1"}), Aead::kKeySize)) {
    for (int purpose = 0; purpose < kPurposes; ++purpose) {
      sealing.emplace_back(DeriveSealingKey(ring_key, static_cast<Purpose>(purpose), ""));
    }
  }

  std::string Seal(Purpose purpose, absl::string_view plaintext, absl::string_view associated_data,
                   Random& random, absl::string_view key_info) const {
    if (key_info.empty())
      return sealing[static_cast<size_t>(purpose)].Seal(random, plaintext, associated_data);
    return Aead(DeriveSealingKey(ring_key, purpose, key_info)).Seal(random, plaintext, associated_data);
  }

  absl::StatusOr<SecretBytes> Open(Purpose purpose, absl::string_view sealed,
                                   absl::string_view associated_data, absl::string_view key_info) const {
    if (key_info.empty()) return sealing[static_cast<size_t>(purpose)].Open(sealed, associated_data);
    return Aead(DeriveSealingKey(ring_key, purpose, key_info)).Open(sealed, associated_data);
  }

  std::string Digest(absl::string_view label, absl::string_view data) const {
    std::array<uint8_t, 32> digest;
    Hmac(HashAlgorithm::kSha256, digest_key.bytes(), AsBytes(LengthPrefixed({label, data})),
         absl::MakeSpan(digest));
    return std::string(digest.begin(), digest.begin() + kDigestSize);
  }

  const uint32_t id;
  const SecretBytes ring_key;
  const SecretBytes digest_key;
  // These are indexed by purpose.
  std::vector<Aead> sealing;
};

absl::StatusOr<std::unique_ptr<KeyRing>> KeyRing::Create(uint32_t primary_key_id, std::vector<RingKey> keys) {
  if (absl::Status status = CheckKeys(primary_key_id, keys); !status.ok()) return status;
  std::map<uint32_t, std::unique_ptr<const DerivedKeys>> derived;
  for (RingKey& key : keys) {
    auto [at, is_new] = derived.try_emplace(key.id);
    if (!is_new) return absl::InvalidArgumentError(absl::StrCat("key ", key.id, " is there twice"));
    at->second = std::make_unique<const DerivedKeys>(key.id, std::move(key.bytes));
  }
  return std::unique_ptr<KeyRing>(new KeyRing(primary_key_id, std::move(derived)));
}

KeyRing::KeyRing(uint32_t primary_key_id, std::map<uint32_t, std::unique_ptr<const DerivedKeys>> keys)
    : primary_key_id_(primary_key_id), keys_(std::move(keys)), primary_(*keys_.at(primary_key_id)) {}

KeyRing::~KeyRing() = default;

std::string KeyRing::Seal(Purpose purpose, absl::string_view plaintext, absl::string_view context,
                          Random& random, absl::string_view key_info) const {
  const std::string header = Header(primary_key_id_);
  const std::string associated_data = LengthPrefixed({header, Label(purpose), context});
  return header + primary_.Seal(purpose, plaintext, associated_data, random, key_info);
}

absl::StatusOr<SecretBytes> KeyRing::Open(Purpose purpose, absl::string_view sealed,
                                          absl::string_view context, absl::string_view key_info) const {
  const uint32_t key_id = KeyIdOf(sealed);
  if (key_id == 0) return absl::DataLossError("a sealed text is damaged or was sealed for something else");
  const auto key = keys_.find(key_id);
  if (key == keys_.end()) {
    return absl::FailedPreconditionError(absl::StrCat("the key ring lacks key ", key_id));
  }
  const std::string associated_data =
      LengthPrefixed({sealed.substr(0, kHeaderSize), Label(purpose), context});
  return key->second->Open(purpose, sealed.substr(kHeaderSize), associated_data, key_info);
}

uint32_t KeyRing::KeyIdOf(absl::string_view sealed) {
  if (sealed.size() < kHeaderSize || sealed[0] != kVersion) return 0;
  uint32_t id = 0;
  for (const char c : sealed.substr(1, kHeaderSize - 1)) id = id << 8 | static_cast<uint8_t>(c);
  return id;
}

bool KeyRing::SealedByPrimary(absl::string_view sealed) const { return KeyIdOf(sealed) == primary_key_id_; }

std::string KeyRing::Digest(absl::string_view label, absl::string_view data) const {
  return primary_.Digest(label, data);
}

bool KeyRing::DigestMatches(uint32_t key_id, absl::string_view label, absl::string_view data,
                            absl::string_view digest) const {
  const auto key = keys_.find(key_id);
  if (key == keys_.end() || digest.size() != kDigestSize) return false;
  const std::string expected = key->second->Digest(label, data);
  return CRYPTO_memcmp(expected.data(), digest.data(), kDigestSize) == 0;
}

bool KeyRing::HasSameKey(uint32_t key_id, const KeyRing& other) const {
  const auto mine = keys_.find(key_id);
  const auto theirs = other.keys_.find(key_id);
  if (mine == keys_.end() || theirs == other.keys_.end()) return false;
  return mine->second->ring_key.ConstantTimeEquals(theirs->second->ring_key);
}

std::vector<uint32_t> KeyRing::key_ids() const {
  std::vector<uint32_t> ids;
  ids.reserve(keys_.size());
  for (const auto& [id, key] : keys_) ids.push_back(id);
  return ids;
}

}  // namespace twofold
