#include "crypto/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <climits>
#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/openssl.h"

namespace twofold {
namespace {

using Bio = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using SslContext = std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpenSslFree<GENERAL_NAMES_free>>;

// A server reads certificates of a few kilobytes.
constexpr size_t kMaxPemBytes = size_t{1} << 20;
constexpr size_t kMaxCertificates = 1000;

absl::Status Fault(absl::string_view what) {
  ERR_clear_error();
  return absl::InvalidArgumentError(what);
}

absl::StatusOr<Bio> Read(absl::string_view text) {
  if (text.size() > kMaxPemBytes) return Fault("it is larger than 1 MiB");
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  CheckOpenSsl(bio != nullptr, "BIO_new_mem_buf");
  return bio;
}

// Nobody is asked for a password.
int NoPassword(char*, int, int, void*) { return -1; }

// Every certificate of the text. The text between them does not count.
absl::StatusOr<std::vector<X509Ptr>> ReadAll(absl::string_view pem) {
  TWOFOLD_ASSIGN_OR_RETURN(const Bio bio, Read(pem));
  std::vector<X509Ptr> all;
  while (all.size() < kMaxCertificates) {
    X509Ptr one(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
    if (one == nullptr) {
      const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      if (!at_end) return Fault("it has a certificate that cannot be read");
      ERR_clear_error();
      if (all.empty()) return Fault("it has no certificate in PEM");
      return all;
    }
    all.push_back(std::move(one));
  }
  return Fault("it has too many certificates");
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  // A time that cannot be read has passed long ago, and so it is refused.
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string SubjectOf(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  CheckOpenSsl(bio != nullptr, "BIO_new");
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

void AddIdentity(absl::string_view type, const ASN1_IA5STRING* text, std::vector<std::string>& identities) {
  const int size = ASN1_STRING_length(text);
  if (size <= 0) return;
  const auto* const bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
  identities.push_back(absl::StrCat(type, absl::string_view(bytes, static_cast<size_t>(size))));
}

std::vector<std::string> IdentitiesOf(X509* certificate) {
  std::vector<std::string> identities;
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  if (names == nullptr) return identities;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) AddIdentity("uri:", name->d.uniformResourceIdentifier, identities);
    if (name->type == GEN_DNS) AddIdentity("dns:", name->d.dNSName, identities);
    if (name->type == GEN_EMAIL) AddIdentity("email:", name->d.rfc822Name, identities);
  }
  return identities;
}

}  // namespace

absl::StatusOr<Certificate> ReadCertificate(absl::string_view pem) {
  TWOFOLD_ASSIGN_OR_RETURN(const std::vector<X509Ptr> all, ReadAll(pem));
  X509* const leaf = all.front().get();
  Certificate certificate;
  certificate.subject = SubjectOf(leaf);
  certificate.not_before = TimeOf(X509_get0_notBefore(leaf));
  certificate.not_after = TimeOf(X509_get0_notAfter(leaf));
  certificate.identities = IdentitiesOf(leaf);
  certificate.for_servers = X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) == 1;
  return certificate;
}

absl::Status CheckKeyBelongs(absl::string_view certificate_pem, absl::string_view key_pem) {
  TWOFOLD_ASSIGN_OR_RETURN(const std::vector<X509Ptr> all, ReadAll(certificate_pem));
  TWOFOLD_ASSIGN_OR_RETURN(const Bio bio, Read(key_pem));
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return Fault("the key is not a private key in PEM without a password");
  if (X509_check_private_key(all.front().get(), key.get()) != 1) {
    return Fault("the key does not belong to the certificate");
  }
  return absl::OkStatus();
}

absl::Status CheckUsableForTls(absl::string_view certificate_pem, absl::string_view key_pem) {
  TWOFOLD_ASSIGN_OR_RETURN(const std::vector<X509Ptr> all, ReadAll(certificate_pem));
  TWOFOLD_ASSIGN_OR_RETURN(const Bio bio, Read(key_pem));
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  const SslContext context(SSL_CTX_new(TLS_method()));
  CheckOpenSsl(context != nullptr, "SSL_CTX_new");
  bool usable = key != nullptr && SSL_CTX_use_certificate(context.get(), all.front().get()) == 1;
  for (size_t i = 1; usable && i < all.size(); ++i) {
    usable = SSL_CTX_add1_chain_cert(context.get(), all[i].get()) == 1;
  }
  if (usable && SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1) return absl::OkStatus();
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return Fault(absl::StrCat("TLS does not take it: ", reason == nullptr ? "unknown reason" : reason));
}

absl::Status CheckAuthorities(absl::string_view pem, absl::Time now) {
  TWOFOLD_ASSIGN_OR_RETURN(const std::vector<X509Ptr> all, ReadAll(pem));
  for (const X509Ptr& one : all) {
    Certificate times;
    times.not_before = TimeOf(X509_get0_notBefore(one.get()));
    times.not_after = TimeOf(X509_get0_notAfter(one.get()));
    if (X509_check_ca(one.get()) != 0 && CheckTime(times, now).ok()) return absl::OkStatus();
  }
  return Fault("none of its certificates may issue others and is valid now");
}

absl::Status CheckTime(const Certificate& certificate, absl::Time now) {
  const auto shown = [](absl::Time time) {
    return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
  };
  if (now < certificate.not_before) {
    return absl::FailedPreconditionError(
        absl::StrCat("it is not valid before ", shown(certificate.not_before)));
  }
  if (now > certificate.not_after) {
    return absl::FailedPreconditionError(absl::StrCat("it expired on ", shown(certificate.not_after)));
  }
  return absl::OkStatus();
}

}  // namespace twofold
