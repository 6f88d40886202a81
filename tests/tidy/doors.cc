#include "tests/tidy/doors.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tests/tidy/includes.h"

namespace mig::tests {

namespace {

struct Door {
  absl::string_view headers;
  absl::string_view open_to;
  absl::string_view way_out;
};
constexpr Door kDoors[] = {
    {"openssl/*", "base/*.cc trust/*.cc bench/limits/*.cc tests/linkage/*.cc",
     "BoringSSL is used in .cc files of base/ and trust/ only; call one of their functions"},
    {"grpc/* grpcpp/* grpc++/* *.grpc.pb.h",
     "loader/transport/* coordinator/transport/* ctl/transport/* bench/transport/* tests/*",
     "gRPC stays in */transport/; let an interface of ours carry the bytes"},
    {"sqlite3.h sqlite3ext.h", "coordinator/store/* bench/limits/*.cc",
     "SQL stays in coordinator/store/; use coordinator::Store"},
};

// Names that only BoringSSL's headers declare.
constexpr absl::string_view kBoringSslPrefixes =
    "bssl:: mig_bssl_ OPENSSL_ EVP_ X509 ASN1_ BIO_ CBB CBS EC_KEY EC_GROUP ED25519_ SHA256_CTX "
    "SSL_CTX evp_pkey_st x509_st ec_key_st ssl_ctx_st";

}  // namespace

Findings CheckDoors(const Source& source) {
  Findings findings;
  if (!IsCpp(source)) return findings;
  for (const Include& include : IncludesOf(source)) {
    for (const Door& door : kDoors) {
      if (!MatchesOneOf(include.header, door.headers)) continue;
      if (MatchesOneOf(source.path, door.open_to)) continue;
      findings.push_back({source.path, include.line,
                          absl::StrCat("includes ", include.header, ", which has no door here"),
                          std::string(door.way_out)});
    }
  }
  return findings;
}

Findings CheckBoringSslGuard(const Source& source) {
  if (!IsCpp(source)) return {};
  const size_t guard = source.code.find("#ifndef OPENSSL_IS_BORINGSSL");
  for (const Include& include : IncludesOf(source)) {
    if (!MatchesOneOf(include.header, "openssl/*") || guard != std::string::npos) continue;
    return {{source.path, include.line, "any OpenSSL's headers would do here",
             "add `#ifndef OPENSSL_IS_BORINGSSL` and an #error after the includes"}};
  }
  return {};
}

Findings CheckHeadersHideBoringSsl(const Source& source) {
  Findings findings;
  if (!IsHeader(source)) return findings;
  for (const absl::string_view prefix : absl::StrSplit(kBoringSslPrefixes, ' ')) {
    for (size_t at = source.code.find(std::string(prefix)); at != std::string::npos;
         at = source.code.find(std::string(prefix), at + 1)) {
      const char before = at == 0 ? ' ' : source.code[at - 1];
      if (absl::ascii_isalnum(before) || before == '_') continue;
      findings.push_back({source.path, LineAt(source.code, at),
                          absl::StrCat("a header names ", prefix, "..., which is BoringSSL's"),
                          "keep it in the .cc, behind a type of ours (a private struct, bytes)"});
      break;
    }
  }
  return findings;
}

}  // namespace mig::tests
