#include "trust/x509/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "trust/host_id.h"
#include "trust/refusal.h"
#include "trust/x509/der.h"
#include "trust/x509/name.h"

namespace mig::trust::x509 {

namespace {

constexpr size_t kSerialBytes = 16;
constexpr size_t kKeyIdBytes = 20;

// Contents of OBJECT IDENTIFIERs (RFC 5280, sections 4.2.1.x).
constexpr absl::string_view kSubjectKeyIdOid = "\x55\x1d\x0e";
constexpr absl::string_view kKeyUsageOid = "\x55\x1d\x0f";
constexpr absl::string_view kAlternativeNameOid = "\x55\x1d\x11";
constexpr absl::string_view kBasicConstraintsOid = "\x55\x1d\x13";
constexpr absl::string_view kAuthorityKeyIdOid = "\x55\x1d\x23";
constexpr absl::string_view kExtendedKeyUsageOid = "\x55\x1d\x25";
constexpr absl::string_view kServerAuthenticationOid = "\x2b\x06\x01\x05\x05\x07\x03\x01";
constexpr absl::string_view kClientAuthenticationOid = "\x2b\x06\x01\x05\x05\x07\x03\x02";

// BIT STRING contents: unused bits, then the bits.
constexpr absl::string_view kMaySignCertificates = "\x02\x04";
constexpr absl::string_view kMayAuthenticate = "\x07\x80";

enum class Critical { kNo, kYes };

std::string Extension(absl::string_view oid, Critical critical, absl::string_view value) {
  return Der(DerTag::kSequence,
             absl::StrCat(Der(DerTag::kObject, oid),
                          critical == Critical::kYes ? Der(DerTag::kBoolean, "\xff") : "",
                          Der(DerTag::kOctetString, value)));
}

// The first 160 bits of SHA-256 (RFC 7093, method 1, over the whole SubjectPublicKeyInfo).
std::string KeyIdentifier(absl::string_view spki) {
  return std::string(base::Sha256Of(spki).bytes().substr(0, kKeyIdBytes));
}

std::string AuthorityKeyIdExtension(absl::string_view key_id) {
  return Extension(kAuthorityKeyIdOid, Critical::kNo,
                   Der(DerTag::kSequence, DerContext(0, key_id)));
}

// What is to be signed.
struct Unsigned {
  std::string serial;
  std::string issuer;
  absl::Time not_before;
  absl::Time not_after;
  std::string subject;
  std::string spki;
  std::string extensions;
};

std::string SignCertificate(const Unsigned& wanted, const PrivateKey& key) {
  const std::string version = DerContextConstructed(0, DerInteger("\x02"));  // v3
  const std::string validity =
      Der(DerTag::kSequence, absl::StrCat(DerTime(wanted.not_before), DerTime(wanted.not_after)));
  const std::string extensions =
      DerContextConstructed(3, Der(DerTag::kSequence, wanted.extensions));
  const std::string tbs =
      Der(DerTag::kSequence,
          absl::StrCat(version, DerInteger(wanted.serial), DerEcdsaWithSha256(), wanted.issuer,
                       validity, wanted.subject, wanted.spki, extensions));
  return Der(DerTag::kSequence,
             absl::StrCat(tbs, DerEcdsaWithSha256(), DerBitString(key.Sign(tbs))));
}

std::string NewSerial(base::Random& random) {
  std::string serial = random.Bytes(kSerialBytes);
  // Positive and of one length (RFC 5280 allows 20 bytes).
  serial[0] = static_cast<char>((static_cast<uint8_t>(serial[0]) & 0x7f) | 0x40);
  return serial;
}

bool IsDnsName(absl::string_view name) {
  if (absl::StartsWith(name, "*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > base::kMaxDnsNameBytes) return false;
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    const bool letters = std::all_of(label.begin(), label.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (!letters || label.empty() || label.size() > base::kMaxDnsLabelBytes || label[0] == '-' ||
        label.back() == '-') {
      return false;
    }
  }
  return true;
}

absl::StatusOr<std::string> AddressBytes(const std::string& text) {
  in_addr four;
  in6_addr six;
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) {
    return std::string(reinterpret_cast<const char*>(&four), sizeof(four));
  }
  if (inet_pton(AF_INET6, text.c_str(), &six) == 1) {
    return std::string(reinterpret_cast<const char*>(&six), sizeof(six));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", base::Escaped(text), "' is not an IP address"));
}

absl::StatusOr<std::string> AlternativeNames(const CertificateTemplate& wanted) {
  const bool for_server = wanted.id.kind() == SpiffeId::Kind::kCoordinator;
  const size_t names = wanted.dns_names.size() + wanted.ip_addresses.size();
  if (for_server ? names == 0 || names > base::kMaxServerNames : names != 0) {
    return absl::InvalidArgumentError(
        for_server ? absl::StrCat("a coordinator's certificate needs 1 to ", base::kMaxServerNames,
                                  " DNS names or addresses")
                   : "only a coordinator's certificate has DNS names or addresses");
  }
  std::string result = DerContext(6, wanted.id.ToUri());
  for (const std::string& name : wanted.dns_names) {
    if (!IsDnsName(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", base::Escaped(name), "' is not a DNS name in lower case"));
    }
    result += DerContext(2, name);
  }
  for (const std::string& address : wanted.ip_addresses) {
    MIG_ASSIGN_OR_RETURN(const std::string bytes, AddressBytes(address));
    result += DerContext(7, bytes);
  }
  return Der(DerTag::kSequence, result);
}

absl::Status CheckLifetime(absl::Time not_before, absl::Time not_after) {
  if (not_before < not_after && not_before >= absl::UnixEpoch() &&
      absl::ToCivilYear(not_after, absl::UTCTimeZone()).year() <= 9999) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("the certificate would end before it begins");
}

// What people may call a CA: a trust domain and a word.
bool IsAuthorityName(absl::string_view text) {
  return !text.empty() && text.size() <= base::kMaxCommonNameBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == ' ' || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace

Authority::Authority(Certificate certificate, PrivateKey key)
    : certificate_(std::move(certificate)), key_(std::move(key)) {}

absl::StatusOr<Authority> Authority::Create(absl::string_view common_name, absl::Time not_before,
                                            absl::Time not_after, base::Random& random) {
  if (!IsAuthorityName(common_name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", base::Escaped(common_name),
                     "' is not a name for a CA: 1 to 64 letters, digits, spaces, . _ -"));
  }
  MIG_RETURN_IF_ERROR(CheckLifetime(not_before, not_after));
  PrivateKey key = PrivateKey::Generate(random);
  const std::string name = DerCommonName(common_name);
  const std::string key_id = KeyIdentifier(key.spki());
  // basicConstraints { cA TRUE, pathLenConstraint 0 }: it signs leaves, and no other CA.
  const std::string constraints =
      Der(DerTag::kSequence,
          absl::StrCat(Der(DerTag::kBoolean, "\xff"), DerInteger(absl::string_view("\0", 1))));
  const std::string extensions = absl::StrCat(
      Extension(kBasicConstraintsOid, Critical::kYes, constraints),
      Extension(kKeyUsageOid, Critical::kYes, Der(DerTag::kBitString, kMaySignCertificates)),
      Extension(kSubjectKeyIdOid, Critical::kNo, Der(DerTag::kOctetString, key_id)),
      AuthorityKeyIdExtension(key_id));
  const std::string der = SignCertificate({.serial = NewSerial(random),
                                           .issuer = name,
                                           .not_before = not_before,
                                           .not_after = not_after,
                                           .subject = name,
                                           .spki = key.spki(),
                                           .extensions = extensions},
                                          key);
  MIG_ASSIGN_OR_RETURN(Certificate certificate, Certificate::ParseDer(der));
  return Authority(std::move(certificate), std::move(key));
}

absl::StatusOr<Authority> Authority::Load(Certificate certificate, PrivateKey key) {
  if (certificate.spki() != key.spki()) {
    return absl::FailedPreconditionError("the private key is not the CA certificate's");
  }
  if (!certificate.is_ca()) {
    return absl::FailedPreconditionError("the certificate is not one of a CA");
  }
  return Authority(std::move(certificate), std::move(key));
}

absl::StatusOr<Certificate> Authority::Issue(absl::string_view spki,
                                             const CertificateTemplate& wanted,
                                             base::Random& random) const {
  MIG_RETURN_IF_ERROR(CheckHostKeySpki(spki));
  MIG_RETURN_IF_ERROR(CheckLifetime(wanted.not_before, wanted.not_after));
  if (wanted.not_after > certificate_.not_after()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "a certificate until ", absl::FormatTime(wanted.not_after, absl::UTCTimeZone()),
        " would outlive its CA, which ends at ",
        absl::FormatTime(certificate_.not_after(), absl::UTCTimeZone()),
        ": make a new CA, and name it in a new root"));
  }
  MIG_ASSIGN_OR_RETURN(const std::string names, AlternativeNames(wanted));
  const absl::string_view usage = wanted.id.kind() == SpiffeId::Kind::kCoordinator
                                      ? kServerAuthenticationOid
                                      : kClientAuthenticationOid;
  std::string extensions = absl::StrCat(
      Extension(kBasicConstraintsOid, Critical::kYes, Der(DerTag::kSequence, "")),
      Extension(kKeyUsageOid, Critical::kYes, Der(DerTag::kBitString, kMayAuthenticate)),
      Extension(kExtendedKeyUsageOid, Critical::kNo,
                Der(DerTag::kSequence, Der(DerTag::kObject, usage))),
      Extension(kAlternativeNameOid, Critical::kNo, names),
      Extension(kSubjectKeyIdOid, Critical::kNo, Der(DerTag::kOctetString, KeyIdentifier(spki))));
  if (!certificate_.subject_key_id().empty()) {
    extensions += AuthorityKeyIdExtension(certificate_.subject_key_id());
  }
  const std::string der = SignCertificate({.serial = NewSerial(random),
                                           .issuer = certificate_.subject(),
                                           .not_before = wanted.not_before,
                                           .not_after = wanted.not_after,
                                           .subject = DerCommonName(wanted.id.name()),
                                           .spki = std::string(spki),
                                           .extensions = extensions},
                                          key_);
  return Certificate::ParseDer(der);
}

}  // namespace mig::trust::x509
