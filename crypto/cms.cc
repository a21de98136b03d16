#include "crypto/cms.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "crypto/openssl.h"

namespace twofold {
namespace {

using Bio = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using Cms = std::unique_ptr<CMS_ContentInfo, OpenSslFree<CMS_ContentInfo_free>>;
using Certificate = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;

// OpenSSL derives the key of a password with PBKDF2-HMAC-SHA1. The number is OWASP's for it.
constexpr int kPasswordIterations = 1300000;
constexpr int kMinRsaBits = 2048;
// 1.2.840.113549.1.9.16.1.23, id-ct-authEnvelopedData, as DER has it.
constexpr absl::string_view kAuthEnvelopedDataOid = "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17";

constexpr size_t kTagSize = 16;

void FreeBytes(unsigned char* bytes) { OPENSSL_free(bytes); }

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

// The queue of this thread must not explain a later failure.
absl::Status WithReason(absl::string_view what) {
  const auto code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return Invalid(reason == nullptr ? std::string(what) : absl::StrCat(what, ": ", reason));
}

Bio ReadOnly(absl::string_view text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  CheckOpenSsl(bio != nullptr, "BIO_new_mem_buf");
  return bio;
}

Bio NewMemory() {
  Bio bio(BIO_new(BIO_s_mem()));
  CheckOpenSsl(bio != nullptr, "BIO_new");
  return bio;
}

absl::string_view ContentOf(BIO* memory) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory, &data);
  return absl::string_view(data, static_cast<size_t>(size));
}

// A key that is encrypted would otherwise be asked for on the terminal.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) { return -1; }

absl::Status AddRsa(CMS_ContentInfo* cms, X509* certificate) {
  if ((X509_get_key_usage(certificate) & X509v3_KU_KEY_ENCIPHERMENT) == 0)
    return Invalid("the certificate's key usage has no key encipherment");
  CMS_RecipientInfo* recipient = CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM);
  if (recipient == nullptr) return WithReason("the certificate cannot receive a file");
  EVP_PKEY_CTX* context = CMS_RecipientInfo_get0_pkey_ctx(recipient);
  CheckOpenSsl(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_oaep_md(context, FetchedMd(HashAlgorithm::kSha256)) == 1 &&
                   EVP_PKEY_CTX_set_rsa_mgf1_md(context, FetchedMd(HashAlgorithm::kSha256)) == 1,
               "OAEP");
  return absl::OkStatus();
}

absl::Status AddEc(CMS_ContentInfo* cms, X509* certificate) {
  if ((X509_get_key_usage(certificate) & X509v3_KU_KEY_AGREEMENT) == 0)
    return Invalid("the certificate's key usage has no key agreement");
  CMS_RecipientInfo* recipient = CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM);
  if (recipient == nullptr) return WithReason("the certificate cannot receive a file");
  EVP_PKEY_CTX* context = CMS_RecipientInfo_get0_pkey_ctx(recipient);
  CheckOpenSsl(EVP_PKEY_CTX_set_ecdh_kdf_md(context, FetchedMd(HashAlgorithm::kSha256)) == 1, "ECDH");
  return absl::OkStatus();
}

absl::Status AddCertificate(CMS_ContentInfo* cms, absl::string_view pem) {
  const Bio text = ReadOnly(pem);
  const Certificate certificate(PEM_read_bio_X509(text.get(), nullptr, &NoPassword, nullptr));
  if (certificate == nullptr) return WithReason("no X.509 certificate in PEM");
  const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  if (key == nullptr) return WithReason("the certificate has no usable key");
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) < kMinRsaBits)
        return Invalid(absl::StrCat("the certificate's RSA key has less than ", kMinRsaBits, " bits"));
      return AddRsa(cms, certificate.get());
    case EVP_PKEY_EC:
      return AddEc(cms, certificate.get());
    default:
      return Invalid("the certificate's key is neither RSA nor EC, and only these can receive a file");
  }
}

absl::Status AddPassword(CMS_ContentInfo* cms, absl::string_view password) {
  if (password.size() < kMinCmsPasswordSize)
    return Invalid(absl::StrCat("the password has less than ", kMinCmsPasswordSize, " bytes"));
  // OpenSSL takes over and frees this copy.
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(password.data(), password.size()));
  CheckOpenSsl(copy != nullptr, "OPENSSL_memdup");
  const CMS_RecipientInfo* recipient =
      CMS_add0_recipient_password(cms, kPasswordIterations, NID_id_alg_PWRI_KEK, NID_id_pbkdf2, copy,
                                  static_cast<ossl_ssize_t>(password.size()), EVP_aes_256_cbc());
  if (recipient != nullptr) return absl::OkStatus();
  OPENSSL_clear_free(copy, password.size());
  return WithReason("the password cannot receive a file");
}

class Sealer final : public CmsSealer {
 public:
  explicit Sealer(Cms cms) : cms_(std::move(cms)), file_(NewMemory()) {}

  // Every filter of the chain is freed, and the memory at its end stays the owner's.
  ~Sealer() override {
    while (content_ != nullptr && content_ != file_.get()) {
      BIO* next = BIO_pop(content_);
      BIO_free(content_);
      content_ = next;
    }
  }

  std::string Add(absl::string_view content) override {
    if (content.empty()) return "";
    if (content_ == nullptr) content_ = BIO_new_CMS(file_.get(), cms_.get());
    CheckOpenSsl(content_ != nullptr, "BIO_new_CMS");
    const int size = static_cast<int>(content.size());
    CheckOpenSsl(BIO_write(content_, content.data(), size) == size, "CMS");
    return Taken();
  }

  std::string Finish() override {
    if (content_ != nullptr) {
      CheckOpenSsl(BIO_flush(content_) == 1, "the end of CMS");
    } else {
      // A stream without content cannot be flushed.
      const Bio nothing = ReadOnly("");
      CheckOpenSsl(CMS_set_detached(cms_.get(), 0) == 1 &&
                       CMS_final(cms_.get(), nothing.get(), nullptr, CMS_BINARY) == 1 &&
                       i2d_CMS_bio(file_.get(), cms_.get()) == 1,
                   "an empty CMS message");
    }
    return Taken();
  }

 private:
  std::string Taken() {
    std::string bytes(ContentOf(file_.get()));
    CheckOpenSsl(BIO_reset(file_.get()) == 1, "BIO_reset");
    return bytes;
  }

  const Cms cms_;
  const Bio file_;
  // The first filter of the chain that ends in `file_`.
  BIO* content_ = nullptr;
};

Cms NewMessage() {
  Cms cms(CMS_AuthEnvelopedData_create(EVP_aes_256_gcm()));
  CheckOpenSsl(cms != nullptr, "CMS_AuthEnvelopedData_create");
  return cms;
}

absl::Status CannotOpen() {
  ERR_clear_error();
  return absl::DataLossError(
      "the sealed file does not open: the key or the password is wrong, or the file was changed");
}

struct DerElement {
  int tag = 0;
  absl::Span<const uint8_t> content;
};

// Takes the first element off `bytes`. Returns false at the end and for what is no DER.
bool TakeElement(absl::Span<const uint8_t>& bytes, DerElement& element) {
  if (bytes.empty()) return false;
  long length = 0;  // NOLINT(google-runtime-int): OpenSSL's type.
  int object_class = 0;
  const uint8_t* content = bytes.data();
  const int flags =
      ASN1_get_object(&content, &length, &element.tag, &object_class, static_cast<int64_t>(bytes.size()));
  constexpr int kIndefiniteOrWrong = 0x81;
  if ((flags & kIndefiniteOrWrong) != 0) return false;
  element.content = absl::MakeConstSpan(content, static_cast<size_t>(length));
  bytes.remove_prefix(static_cast<size_t>(content - bytes.data()) + element.content.size());
  return true;
}

// A file's author chooses the length of the tag that OpenSSL compares. A forger would choose one byte.
bool HasWholeTag(CMS_ContentInfo* cms) {
  unsigned char* der = nullptr;
  const int size = i2d_CMS_ContentInfo(cms, &der);
  if (size <= 0) return false;
  const std::unique_ptr<unsigned char, OpenSslFree<&FreeBytes>> owner(der);
  absl::Span<const uint8_t> file = absl::MakeConstSpan(der, static_cast<size_t>(size));
  // A SEQUENCE of the type and an explicitly tagged SEQUENCE of the fields (RFC 5652 section 3).
  DerElement element;
  if (!TakeElement(file, element)) return false;
  absl::Span<const uint8_t> typed = element.content;
  if (!TakeElement(typed, element)) return false;
  if (!TakeElement(typed, element)) return false;
  absl::Span<const uint8_t> tagged = element.content;
  if (!TakeElement(tagged, element)) return false;
  // The only OCTET STRING among the fields (RFC 5083 section 2.1).
  absl::Span<const uint8_t> fields = element.content;
  while (TakeElement(fields, element)) {
    if (element.tag == V_ASN1_OCTET_STRING) return element.content.size() == kTagSize;
  }
  return false;
}

bool SetKey(CMS_ContentInfo* cms, EVP_PKEY* key) { return CMS_decrypt_set1_pkey(cms, key, nullptr) == 1; }

bool SetPassword(CMS_ContentInfo* cms, const SecretBytes& password) {
  // OpenSSL only reads it.
  auto* bytes = const_cast<unsigned char*>(password.bytes().data());
  return CMS_decrypt_set1_password(cms, bytes, static_cast<ossl_ssize_t>(password.size())) == 1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CmsSealer>> CmsSealer::ForCertificate(absl::string_view pem) {
  Cms cms = NewMessage();
  if (absl::Status added = AddCertificate(cms.get(), pem); !added.ok()) return added;
  return std::make_unique<Sealer>(std::move(cms));
}

absl::StatusOr<std::unique_ptr<CmsSealer>> CmsSealer::ForPassword(absl::string_view password) {
  Cms cms = NewMessage();
  if (absl::Status added = AddPassword(cms.get(), password); !added.ok()) return added;
  return std::make_unique<Sealer>(std::move(cms));
}

absl::StatusOr<SecretBytes> OpenCms(absl::string_view file, const CmsOpener& opener) {
  if (file.size() > kMaxCmsFileSize) return Invalid("the sealed file is too long");
  ERR_clear_error();
  // Not d2i_CMS_bio, which may read bytes behind the end without telling.
  const auto* end = reinterpret_cast<const unsigned char*>(file.data());
  const Cms cms(d2i_CMS_ContentInfo(nullptr, &end, static_cast<int64_t>(file.size())));
  if (cms == nullptr) return WithReason("the file is no CMS message in DER or BER, or is cut off");
  if (OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_id_smime_ct_authEnvelopedData)
    return Invalid("the CMS message is no AuthEnvelopedData, so nothing would show that it was changed");
  if (reinterpret_cast<const char*>(end) != file.data() + file.size())
    return Invalid("the sealed file has bytes behind its end");
  if (!HasWholeTag(cms.get())) return Invalid("the sealed file has no tag of 16 bytes");
  bool ready = false;
  if (!opener.private_key_pem.empty()) {
    const Bio text = ReadOnly(opener.private_key_pem.text());
    const Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, &NoPassword, nullptr));
    if (key == nullptr) return WithReason("no private key in PEM without a password");
    ready = SetKey(cms.get(), key.get());
  } else {
    ready = SetPassword(cms.get(), opener.password);
  }
  if (!ready) return CannotOpen();
  const Bio content = NewMemory();
  if (CMS_decrypt(cms.get(), nullptr, nullptr, nullptr, content.get(), CMS_BINARY) != 1) return CannotOpen();
  return SecretBytes::FromString(ContentOf(content.get()));
}

bool LooksLikeCms(absl::string_view file) {
  // A SEQUENCE, its length, and the type of the content.
  return absl::StartsWith(file, "\x30") && absl::StrContains(file.substr(0, 20), kAuthEnvelopedDataOid);
}

}  // namespace twofold
