#include "crypto/secret_bytes.h"

#include <malloc.h>
#include <string.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/aead.h"
#include "crypto/base32.h"
#include "crypto/system_random.h"
#include "gtest/gtest.h"

// Every block that this program frees is first searched for the marker, and those that were not
// wiped are counted.
namespace {

constexpr char kMarker[] = "MARKER-OF-THE-SECRET";
std::atomic<int> freed_with_marker{0};

void Free(void* block) {
  if (block != nullptr && memmem(block, malloc_usable_size(block), kMarker, sizeof(kMarker) - 1) != nullptr) {
    ++freed_with_marker;
    memset(block, 0, malloc_usable_size(block));
  }
  free(block);
}

void* Allocate(size_t size) {
  if (void* block = malloc(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void operator delete(void* block) noexcept { Free(block); }
void operator delete(void* block, size_t /*size*/) noexcept { Free(block); }
void operator delete[](void* block) noexcept { Free(block); }
void operator delete[](void* block, size_t /*size*/) noexcept { Free(block); }

namespace twofold {
namespace {

// The marker is longer than any small-string buffer. It is never in one piece in the constant data
// that a copy would come from.
SecretBytes Secret() { return SecretBytes::FromString(kMarker); }

class SecretBytesTest : public testing::Test {
 protected:
  void SetUp() override { freed_with_marker = 0; }
  static int FreedWithMarker() { return freed_with_marker; }
};

TEST_F(SecretBytesTest, TheSearchFindsWhatIsNotWiped) {
  { const std::string unprotected(kMarker); }
  EXPECT_EQ(FreedWithMarker(), 1);
}

TEST_F(SecretBytesTest, T29_IsWipedWhenDestroyed) {
  { const SecretBytes secret = Secret(); }
  EXPECT_EQ(FreedWithMarker(), 0);
}

TEST_F(SecretBytesTest, T29_IsWipedWhenReplaced) {
  SecretBytes secret = Secret();
  secret = SecretBytes::FromString("other");
  EXPECT_EQ(FreedWithMarker(), 0);
  EXPECT_EQ(secret.text(), "other");
}

TEST_F(SecretBytesTest, T29_CopiesAndMovesLeaveNothingBehind) {
  {
    SecretBytes first = Secret();
    SecretBytes second = first.Clone();
    SecretBytes third = std::move(first);
    second = std::move(third);
    std::vector<SecretBytes> many;
    for (int i = 0; i < 20; ++i) many.push_back(second.Clone());
  }
  EXPECT_EQ(FreedWithMarker(), 0);
}

TEST_F(SecretBytesTest, T29_WhatDecodesAndOpensLeavesNothingBehind) {
  const Aead aead(SecretBytes::Zeros(Aead::kKeySize));
  {
    const SecretBytes secret = Secret();
    const std::string sealed = aead.Seal(SystemRandom(), secret.text(), "");
    const SecretBytes opened = *aead.Open(sealed, "");
    const SecretBytes decoded = *Base32Decode(Base32Encode(secret.bytes()));
    EXPECT_TRUE(opened.ConstantTimeEquals(decoded));
  }
  EXPECT_EQ(FreedWithMarker(), 0);
}

TEST_F(SecretBytesTest, T29_WipeStringReachesTheSpareCapacity) {
  {
    // Shortening the string leaves the whole marker behind its end.
    std::string text = std::string(10, 'x') + kMarker;
    text.resize(3);
    WipeString(text);
    EXPECT_EQ(text, "");
  }
  EXPECT_EQ(FreedWithMarker(), 0);
}

TEST_F(SecretBytesTest, WipeStringTakesSmallStrings) {
  std::string small = "abc";
  const char* const at = small.data();
  WipeString(small);
  EXPECT_EQ(small, "");
  EXPECT_EQ(std::string(at, 3), std::string(3, '\0'));
}

TEST_F(SecretBytesTest, MovedFromIsEmpty) {
  SecretBytes secret = Secret();
  const SecretBytes target = std::move(secret);
  EXPECT_TRUE(secret.empty());  // NOLINT(bugprone-use-after-move): what this test is about.
  EXPECT_EQ(secret.bytes().size(), 0);
  EXPECT_EQ(target.text(), kMarker);
}

TEST_F(SecretBytesTest, MovingOntoItselfKeepsIt) {
  SecretBytes secret = Secret();
  SecretBytes& same = secret;
  secret = std::move(same);
  EXPECT_EQ(secret.text(), kMarker);
}

TEST_F(SecretBytesTest, T29_PrintsAsAMask) {
  const SecretBytes secret = SecretBytes::FromString("visible");
  std::ostringstream stream;
  stream << secret;
  EXPECT_EQ(stream.str(), "[secret]");
  EXPECT_EQ(testing::PrintToString(secret), "[secret]");
}

TEST_F(SecretBytesTest, ComparesBytesAndSizes) {
  const SecretBytes secret = SecretBytes::FromString("abc");
  EXPECT_TRUE(secret.ConstantTimeEquals(SecretBytes::FromString("abc")));
  EXPECT_FALSE(secret.ConstantTimeEquals(SecretBytes::FromString("abd")));
  EXPECT_FALSE(secret.ConstantTimeEquals(SecretBytes::FromString("ab")));
  EXPECT_FALSE(secret.ConstantTimeEquals(SecretBytes::FromString("abcd")));
  EXPECT_FALSE(secret.ConstantTimeEquals(SecretBytes()));
  EXPECT_TRUE(SecretBytes().ConstantTimeEquals(SecretBytes::FromString("")));
}

static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>);
static_assert(!std::is_convertible_v<absl::Span<const uint8_t>, SecretBytes>);
static_assert(!std::is_convertible_v<SecretBytes, absl::AlphaNum>);

}  // namespace
}  // namespace twofold
