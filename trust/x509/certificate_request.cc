#include "trust/x509/certificate_request.h"

#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/x509.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "trust/names.h"
#include "trust/pem.h"
#include "trust/refusal.h"
#include "trust/x509/name.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "these are OpenSSL's headers: add @boringssl//:crypto to deps"
#endif

namespace mig::trust::x509 {

namespace {

constexpr absl::string_view kLabel = "CERTIFICATE REQUEST";

absl::Status BadCsr(absl::string_view what) {
  return Refuse(v1::Refusal::CSR, absl::StrCat("the certificate request ", what));
}

// The key as it stands: CertificationRequest { CertificationRequestInfo { version, subject, SPKI.
std::string RawSpki(absl::string_view der) {
  CBS cbs, request, info, spki;
  CBS_init(&cbs, reinterpret_cast<const uint8_t*>(der.data()), der.size());
  if (!CBS_get_asn1(&cbs, &request, CBS_ASN1_SEQUENCE) ||
      !CBS_get_asn1(&request, &info, CBS_ASN1_SEQUENCE) ||
      !CBS_get_asn1(&info, nullptr, CBS_ASN1_INTEGER) ||
      !CBS_get_asn1(&info, nullptr, CBS_ASN1_SEQUENCE) ||
      !CBS_get_asn1_element(&info, &spki, CBS_ASN1_SEQUENCE)) {
    return "";
  }
  return std::string(reinterpret_cast<const char*>(CBS_data(&spki)), CBS_len(&spki));
}

std::string CommonNameOf(const X509_REQ* request) {
  char text[base::kMaxCommonNameBytes + 1] = {};
  const int size = X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(request), NID_commonName,
                                             text, sizeof(text));
  return size > 0 ? base::Escaped(absl::string_view(text, static_cast<size_t>(size)),
                                  base::kMaxCommonNameBytes)
                  : "";
}

}  // namespace

CertificateRequest::CertificateRequest(std::string spki, std::string common_name)
    : spki_(std::move(spki)), common_name_(std::move(common_name)) {}

absl::StatusOr<std::string> CertificateRequest::Make(const PrivateKey& key,
                                                     absl::string_view common_name) {
  if (!IsOperatorName(common_name)) {
    return BadCsr("needs a common name of 1 to 64 of a-z 0-9 . _ -");
  }
  const std::string info =
      Der(DerTag::kSequence,
          absl::StrCat(DerInteger(absl::string_view("\0", 1)), DerCommonName(common_name),
                       key.spki(), DerContextConstructed(0, "")));
  return Der(DerTag::kSequence,
             absl::StrCat(info, DerEcdsaWithSha256(), DerBitString(key.Sign(info))));
}

absl::StatusOr<CertificateRequest> CertificateRequest::ParseDer(absl::string_view der) {
  if (der.size() > base::kMaxCsrBytes) {
    return Refuse(v1::Refusal::BOUND, absl::StrCat("the certificate request has ", der.size(),
                                                   " bytes, at most ", base::kMaxCsrBytes));
  }
  const auto* begin = reinterpret_cast<const uint8_t*>(der.data());
  const uint8_t* end = begin;
  const bssl::UniquePtr<X509_REQ> request(
      d2i_X509_REQ(nullptr, &end, static_cast<long>(der.size())));
  ERR_clear_error();
  if (request == nullptr || end != begin + der.size()) return BadCsr("is not PKCS#10 in DER");
  std::string spki = RawSpki(der);
  MIG_RETURN_IF_ERROR(CheckHostKeySpki(spki));
  const bssl::UniquePtr<EVP_PKEY> key(X509_REQ_get_pubkey(request.get()));
  const bool holds = key != nullptr && X509_REQ_verify(request.get(), key.get()) == 1;
  ERR_clear_error();
  if (!holds) return BadCsr("is not signed by its own key");
  return CertificateRequest(std::move(spki), CommonNameOf(request.get()));
}

absl::StatusOr<CertificateRequest> CertificateRequest::ParsePem(absl::string_view pem) {
  if (pem.size() > 2 * base::kMaxCsrBytes) {
    return Refuse(v1::Refusal::BOUND, absl::StrCat("the certificate request has ", pem.size(),
                                                   " bytes, at most ", 2 * base::kMaxCsrBytes));
  }
  MIG_ASSIGN_OR_RETURN(const std::vector<PemBlock> blocks, DecodePem(pem, 1));
  if (blocks[0].label != kLabel) {
    return BadCsr(absl::StrCat("is missing: this is \"", base::Escaped(blocks[0].label), "\""));
  }
  return ParseDer(blocks[0].bytes);
}

HostId CertificateRequest::host_id() const { return *HostIdOf(spki_); }

base::Digest CertificateRequest::spki_digest() const { return base::Sha256Of(spki_); }

std::string CertificateRequestPem(absl::string_view der) { return EncodePem(kLabel, der); }

}  // namespace mig::trust::x509
