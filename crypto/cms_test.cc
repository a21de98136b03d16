#include "crypto/cms.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace twofold {
namespace {

constexpr absl::string_view kPassword = "correct horse battery staple";

std::string PathOf(absl::string_view name) { return absl::StrCat(getenv("TEST_TMPDIR"), "/", name); }

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void Write(const std::string& path, absl::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

bool OpenSsl(const std::string& arguments) {
  return std::system(absl::StrCat("openssl ", arguments, " 2>/dev/null").c_str()) == 0;
}

// A key and a certificate of it, made once.
struct Identity {
  explicit Identity(const std::string& name, const std::string& key_options, const std::string& more = "") {
    key_path = PathOf(name + ".key");
    const std::string certificate_path = PathOf(name + ".pem");
    EXPECT_TRUE(OpenSsl(absl::StrCat("req -x509 -nodes -days 30 -subj /CN=", name, " -newkey ", key_options,
                                     more, " -keyout ", key_path, " -out ", certificate_path)));
    certificate = Read(certificate_path);
  }

  CmsOpener Opener() const { return {SecretBytes::FromString(Read(key_path)), {}}; }

  std::string key_path;
  std::string certificate;
};

const Identity& Rsa() {
  static const auto* const identity = new Identity("rsa", "rsa:2048");
  return *identity;
}

const Identity& Ec() {
  static const auto* const identity = new Identity("ec", "ec -pkeyopt ec_paramgen_curve:P-256");
  return *identity;
}

CmsOpener WithPassword(absl::string_view password) { return {{}, SecretBytes::FromString(password)}; }

std::string Seal(absl::StatusOr<std::unique_ptr<CmsSealer>> sealer, absl::string_view content) {
  EXPECT_TRUE(sealer.ok()) << sealer.status();
  std::string file = (*sealer)->Add(content.substr(0, content.size() / 2));
  absl::StrAppend(&file, (*sealer)->Add(""), (*sealer)->Add(content.substr(content.size() / 2)));
  return file + (*sealer)->Finish();
}

std::string Sealed(const Identity& identity, absl::string_view content) {
  return Seal(CmsSealer::ForCertificate(identity.certificate), content);
}

TEST(Cms, OpensWhatItSealed) {
  for (const size_t size : {0, 1, 4096, 300000}) {
    const std::string content(size, 'x');
    for (const Identity* identity : {&Rsa(), &Ec()}) {
      const auto opened = OpenCms(Sealed(*identity, content), identity->Opener());
      ASSERT_TRUE(opened.ok()) << opened.status();
      EXPECT_EQ(opened->text(), content);
    }
  }
  const auto opened = OpenCms(Seal(CmsSealer::ForPassword(kPassword), "content"), WithPassword(kPassword));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->text(), "content");
}

TEST(Cms, KeepsNoMoreThanOnePiece) {
  auto sealer = CmsSealer::ForCertificate(Rsa().certificate);
  const std::string piece(65536, 'x');
  for (int i = 0; i < 20; ++i) EXPECT_NEAR(static_cast<double>((*sealer)->Add(piece).size()), 65536, 5000);
  EXPECT_LT((*sealer)->Finish().size(), 5000);
}

TEST(Cms, IsOpenedByTheOpensslCommand) {
  const std::string content(100000, 'y');
  for (const Identity* identity : {&Rsa(), &Ec()}) {
    Write(PathOf("sealed"), Sealed(*identity, content));
    EXPECT_TRUE(OpenSsl(absl::StrCat("cms -decrypt -binary -inform DER -in ", PathOf("sealed"), " -inkey ",
                                     identity->key_path, " -out ", PathOf("opened"))));
    EXPECT_EQ(Read(PathOf("opened")), content);
  }
  Write(PathOf("sealed"), Seal(CmsSealer::ForPassword(kPassword), content));
  EXPECT_TRUE(OpenSsl(absl::StrCat("cms -decrypt -binary -inform DER -in ", PathOf("sealed"),
                                   " -pwri_password '", kPassword, "' -out ", PathOf("opened"))));
  EXPECT_EQ(Read(PathOf("opened")), content);
}

TEST(Cms, OpensWhatTheOpensslCommandSealed) {
  Write(PathOf("content"), "content");
  Write(PathOf("rsa.pem"), Rsa().certificate);
  ASSERT_TRUE(OpenSsl(absl::StrCat("cms -encrypt -binary -aes-256-gcm -outform DER -in ", PathOf("content"),
                                   " -out ", PathOf("sealed"), " ", PathOf("rsa.pem"))));
  const auto opened = OpenCms(Read(PathOf("sealed")), Rsa().Opener());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->text(), "content");
}

// The names of the recipient and the lengths of BER are outside of the tag.
TEST(Cms, GivesNoOtherContentWhateverByteIsChanged) {
  const std::string content = "the content of this file";
  const std::string file = Sealed(Ec(), content);
  const CmsOpener opener = Ec().Opener();
  int refused = 0;
  for (size_t i = 0; i < file.size(); ++i) {
    for (const int bit : {1, 0x40}) {
      std::string changed = file;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      const auto opened = OpenCms(changed, opener);
      if (opened.ok()) {
        EXPECT_EQ(opened->text(), content) << "byte " << i;
      } else {
        ++refused;
      }
      // The tag.
      const size_t at = file.size() - i;
      if (at <= 22 && at > 6) {
        EXPECT_FALSE(opened.ok()) << "byte " << i;
      }
    }
    EXPECT_FALSE(OpenCms(file.substr(0, i), opener).ok()) << "cut off at " << i;
  }
  EXPECT_GT(refused, static_cast<int>(file.size()));
  EXPECT_FALSE(OpenCms(file + "x", opener).ok());
}

TEST(Cms, RefusesAShortenedTag) {
  // The tag is the last element but for three ends of contents.
  const std::string file = Sealed(Rsa(), "content");
  const size_t tag = file.size() - 6 - 18;
  ASSERT_EQ(file.substr(tag, 2), "\x04\x10");
  const std::string shortened =
      absl::StrCat(file.substr(0, tag), "\x04\x04", file.substr(tag + 2, 4), file.substr(tag + 18));
  const auto opened = OpenCms(shortened, Rsa().Opener());
  EXPECT_TRUE(absl::IsInvalidArgument(opened.status())) << opened.status();
}

TEST(Cms, RefusesAWrongKeyOrPassword) {
  EXPECT_TRUE(
      absl::IsDataLoss(OpenCms(Sealed(Rsa(), "content"), Identity("other", "rsa:2048").Opener()).status()));
  EXPECT_TRUE(absl::IsDataLoss(OpenCms(Sealed(Rsa(), "content"), Ec().Opener()).status()));
  const std::string file = Seal(CmsSealer::ForPassword(kPassword), "content");
  EXPECT_TRUE(absl::IsDataLoss(OpenCms(file, WithPassword("correct horse battery staples")).status()));
  EXPECT_TRUE(absl::IsDataLoss(OpenCms(file, Rsa().Opener()).status()));
  EXPECT_TRUE(absl::IsDataLoss(OpenCms(Sealed(Rsa(), "content"), WithPassword(kPassword)).status()));
}

TEST(Cms, RefusesFilesWithoutATag) {
  Write(PathOf("content"), "content");
  Write(PathOf("rsa.pem"), Rsa().certificate);
  ASSERT_TRUE(OpenSsl(absl::StrCat("cms -encrypt -binary -aes-256-cbc -outform DER -in ", PathOf("content"),
                                   " -out ", PathOf("untagged"), " ", PathOf("rsa.pem"))));
  EXPECT_TRUE(absl::IsInvalidArgument(OpenCms(Read(PathOf("untagged")), Rsa().Opener()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(OpenCms("no CMS", Rsa().Opener()).status()));
}

TEST(Cms, RefusesRecipientsThatCannotReceive) {
  EXPECT_TRUE(absl::IsInvalidArgument(CmsSealer::ForCertificate("no certificate").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(CmsSealer::ForPassword("elevenbytes").status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(CmsSealer::ForCertificate(Identity("short", "rsa:1024").certificate).status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(CmsSealer::ForCertificate(Identity("ed", "ed25519").certificate).status()));
  const Identity signer("signer", "rsa:2048", " -addext keyUsage=digitalSignature");
  EXPECT_TRUE(absl::IsInvalidArgument(CmsSealer::ForCertificate(signer.certificate).status()));
}

TEST(Cms, KnowsAMessageByItsBeginning) {
  EXPECT_TRUE(LooksLikeCms(Sealed(Rsa(), "content")));
  EXPECT_FALSE(LooksLikeCms("otpauth://totp/x"));
  EXPECT_FALSE(LooksLikeCms(""));
}

}  // namespace
}  // namespace twofold
