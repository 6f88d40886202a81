#include "trust/x509/certificate.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "trust/pem.h"
#include "trust/refusal.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "these are OpenSSL's headers: add @boringssl//:crypto to deps"
#endif

namespace mig::trust::x509 {

namespace {

constexpr absl::string_view kLabel = "CERTIFICATE";
constexpr size_t kMaxChain = base::kMaxChainCertificates;

absl::Status Bad(absl::string_view what) {
  return Refuse(v1::Refusal::CERTIFICATE, absl::StrCat("the certificate ", what));
}

bssl::UniquePtr<X509> ReadX509(absl::string_view der) {
  const auto* begin = reinterpret_cast<const uint8_t*>(der.data());
  const uint8_t* end = begin;
  bssl::UniquePtr<X509> x509(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
  ERR_clear_error();
  if (x509 != nullptr && end != begin + der.size()) x509.reset();
  return x509;
}

absl::string_view ViewOf(const CBS& cbs) {
  return absl::string_view(reinterpret_cast<const char*>(CBS_data(&cbs)), CBS_len(&cbs));
}

// Parts as they stand, byte for byte.
struct RawParts {
  CBS issuer;
  CBS subject;
  CBS spki;
};

bool ReadRaw(absl::string_view der, RawParts& parts) {
  constexpr unsigned kVersion = CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 0;
  CBS cbs, certificate, tbs;
  CBS_init(&cbs, reinterpret_cast<const uint8_t*>(der.data()), der.size());
  return CBS_get_asn1(&cbs, &certificate, CBS_ASN1_SEQUENCE) == 1 &&
         CBS_get_asn1(&certificate, &tbs, CBS_ASN1_SEQUENCE) == 1 &&
         CBS_get_optional_asn1(&tbs, nullptr, nullptr, kVersion) == 1 &&
         CBS_get_asn1(&tbs, nullptr, CBS_ASN1_INTEGER) == 1 &&
         CBS_get_asn1(&tbs, nullptr, CBS_ASN1_SEQUENCE) == 1 &&
         CBS_get_asn1_element(&tbs, &parts.issuer, CBS_ASN1_SEQUENCE) == 1 &&
         CBS_get_asn1(&tbs, nullptr, CBS_ASN1_SEQUENCE) == 1 &&
         CBS_get_asn1_element(&tbs, &parts.subject, CBS_ASN1_SEQUENCE) == 1 &&
         CBS_get_asn1_element(&tbs, &parts.spki, CBS_ASN1_SEQUENCE) == 1;
}

absl::StatusOr<absl::Time> TimeOf(const ASN1_TIME* time) {
  const bssl::UniquePtr<ASN1_TIME> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0;
  int seconds = 0;
  if (epoch == nullptr || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) {
    return Bad("has a time that cannot be read");
  }
  return absl::UnixEpoch() + absl::Hours(24) * days + absl::Seconds(seconds);
}

std::string TextOf(const ASN1_STRING* text) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

std::string AddressText(absl::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  if (bytes.size() == sizeof(in_addr)) {
    inet_ntop(AF_INET, bytes.data(), text, sizeof(text));
  } else if (bytes.size() == sizeof(in6_addr)) {
    inet_ntop(AF_INET6, bytes.data(), text, sizeof(text));
  }
  return text;
}

struct Names {
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
};

absl::StatusOr<Names> NamesOf(const X509* x509) {
  int critical = -1;
  const bssl::UniquePtr<GENERAL_NAMES> list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, nullptr)));
  ERR_clear_error();
  if (list == nullptr) {
    if (critical == -1) return Names();  // there is no such extension
    return Bad("has alternative names that cannot be read");
  }
  if (sk_GENERAL_NAME_num(list.get()) > base::kMaxCertificateNames)
    return Bad("has too many alternative names");
  Names names;
  for (const GENERAL_NAME* name : list.get()) {
    if (name->type == GEN_URI) {
      names.uris.push_back(TextOf(name->d.uniformResourceIdentifier));
    } else if (name->type == GEN_DNS) {
      names.dns_names.push_back(TextOf(name->d.dNSName));
    } else if (name->type == GEN_IPADD) {
      names.ip_addresses.push_back(AddressText(TextOf(name->d.iPAddress)));
    }
  }
  return names;
}

std::string CommonNameOf(const X509* x509) {
  char text[base::kMaxCommonNameBytes + 1] = {};
  const int size =
      X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, text, sizeof(text));
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : "";
}

std::string SubjectKeyIdOf(X509* x509) {
  const ASN1_OCTET_STRING* id = X509_get0_subject_key_id(x509);
  return id == nullptr ? "" : TextOf(id);
}

}  // namespace

absl::StatusOr<Certificate> Certificate::ParseDer(absl::string_view der) {
  if (der.size() > base::kMaxCertificateBytes) {
    return Refuse(v1::Refusal::BOUND, absl::StrCat("the certificate has ", der.size(),
                                                   " bytes, at most ", base::kMaxCertificateBytes));
  }
  const bssl::UniquePtr<X509> x509 = ReadX509(der);
  RawParts parts;
  if (x509 == nullptr || !ReadRaw(der, parts)) return Bad("is not X.509 in DER");
  const uint32_t flags = X509_get_extension_flags(x509.get());
  if ((flags & EXFLAG_INVALID) != 0) return Bad("has extensions that cannot be read");
  Certificate result;
  result.der_ = std::string(der);
  result.spki_ = std::string(ViewOf(parts.spki));
  result.spki_digest_ = base::Sha256Of(result.spki_);
  result.issuer_ = std::string(ViewOf(parts.issuer));
  result.subject_ = std::string(ViewOf(parts.subject));
  result.subject_key_id_ = SubjectKeyIdOf(x509.get());
  MIG_ASSIGN_OR_RETURN(result.not_before_, TimeOf(X509_get0_notBefore(x509.get())));
  MIG_ASSIGN_OR_RETURN(result.not_after_, TimeOf(X509_get0_notAfter(x509.get())));
  // Without a keyUsage all bits are set; without extended usages likewise, but we ask for one.
  result.is_ca_ = (flags & EXFLAG_CA) != 0 && (flags & EXFLAG_BCONS) != 0 &&
                  (X509_get_key_usage(x509.get()) & KU_KEY_CERT_SIGN) != 0;
  const bool has_usages = (flags & EXFLAG_XKUSAGE) != 0;
  const uint32_t usages = X509_get_extended_key_usage(x509.get());
  result.for_clients_ = has_usages && (usages & XKU_SSL_CLIENT) != 0;
  result.for_servers_ = has_usages && (usages & XKU_SSL_SERVER) != 0;
  MIG_ASSIGN_OR_RETURN(Names names, NamesOf(x509.get()));
  result.uris_ = std::move(names.uris);
  result.dns_names_ = std::move(names.dns_names);
  result.ip_addresses_ = std::move(names.ip_addresses);
  result.common_name_ = CommonNameOf(x509.get());
  return result;
}

absl::StatusOr<std::vector<Certificate>> Certificate::ParsePemChain(absl::string_view pem) {
  if (pem.size() > base::kMaxPemFileBytes) {
    return Refuse(v1::Refusal::BOUND, absl::StrCat("the certificates have ", pem.size(),
                                                   " bytes, at most ", base::kMaxPemFileBytes));
  }
  MIG_ASSIGN_OR_RETURN(const std::vector<PemBlock> blocks, DecodePem(pem, kMaxChain));
  std::vector<Certificate> chain;
  for (const PemBlock& block : blocks) {
    if (block.label != kLabel) {
      return Bad(absl::StrCat("is missing: this is \"", base::Escaped(block.label), "\""));
    }
    MIG_ASSIGN_OR_RETURN(Certificate certificate, ParseDer(block.bytes));
    chain.push_back(std::move(certificate));
  }
  return chain;
}

absl::StatusOr<Certificate> Certificate::ParsePem(absl::string_view pem) {
  MIG_ASSIGN_OR_RETURN(std::vector<Certificate> chain, ParsePemChain(pem));
  if (chain.size() != 1) return Bad("must stand alone: there are several in it");
  return std::move(chain[0]);
}

std::string Certificate::ToPem() const { return EncodePem(kLabel, der_); }

absl::StatusOr<SpiffeId> Certificate::spiffe_id() const {
  if (uris_.size() != 1) {
    return Bad(absl::StrCat("has ", uris_.size(), " URIs as alternative names, must have one"));
  }
  return SpiffeId::Parse(uris_[0]);
}

absl::Status Certificate::CheckIssuedBy(const Certificate& ca) const {
  if (!ca.is_ca_) return Bad("is not issued by a CA");
  if (issuer_ != ca.subject_) return Bad("names another CA as its issuer");
  const bssl::UniquePtr<X509> x509 = ReadX509(der_);
  const bssl::UniquePtr<X509> ca_x509 = ReadX509(ca.der_);
  MIG_CHECK(x509 != nullptr && ca_x509 != nullptr);
  const bssl::UniquePtr<EVP_PKEY> key(X509_get_pubkey(ca_x509.get()));
  const bool holds = key != nullptr && X509_verify(x509.get(), key.get()) == 1;
  ERR_clear_error();
  return holds ? absl::OkStatus() : Bad("is not signed by this CA's key");
}

absl::Status Certificate::CheckTime(absl::Time now) const {
  if (now >= not_before_ && now <= not_after_) return absl::OkStatus();
  const absl::TimeZone utc = absl::UTCTimeZone();
  return Refuse(v1::Refusal::CERTIFICATE_TIME,
                absl::StrCat("the certificate is good from ", absl::FormatTime(not_before_, utc),
                             " to ", absl::FormatTime(not_after_, utc), ", and the clock says ",
                             absl::FormatTime(now, utc),
                             now < not_before_ ? ": set the clock" : ": renew the certificate"));
}

std::string ChainPem(std::span<const Certificate> chain) {
  std::string pem;
  for (const Certificate& certificate : chain) pem += certificate.ToPem();
  return pem;
}

absl::StatusOr<SpiffeId> CheckClientChain(std::span<const Certificate> chain,
                                          std::span<const base::Digest> ca_spki_digests,
                                          absl::string_view trust_domain, SpiffeId::Kind kind) {
  if (chain.size() < 2) return Bad("comes without its CA");
  const Certificate& ca = chain.back();
  if (std::find(ca_spki_digests.begin(), ca_spki_digests.end(), ca.spki_digest()) ==
      ca_spki_digests.end()) {
    return Bad("is by a CA that the root does not name for this");
  }
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    MIG_RETURN_IF_ERROR(chain[i].CheckIssuedBy(chain[i + 1]));
  }
  if (chain[0].is_ca()) return Bad("is a CA's own");
  if (!chain[0].for_clients()) return Bad("is not one for clients");
  MIG_ASSIGN_OR_RETURN(SpiffeId id, chain[0].spiffe_id());
  if (id.trust_domain() != trust_domain) {
    return Refuse(v1::Refusal::TRUST_DOMAIN,
                  absl::StrCat("the certificate is of trust domain ", id.trust_domain(), ", not ",
                               trust_domain));
  }
  if (id.kind() != kind) return Bad(absl::StrCat("is for ", id.ToUri(), ", another kind of peer"));
  return id;
}

}  // namespace mig::trust::x509
