#include "trust/token/token.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/endian.h"
#include "base/sha256.h"

namespace mig::trust {
namespace {

constexpr absl::string_view kPrefix = "mt_";
constexpr size_t kSecretAt = 1;
constexpr size_t kVersionAt = kSecretAt + 32;
constexpr size_t kDigestAt = kVersionAt + 8;
constexpr size_t kTokenBytes = kDigestAt + 32;

absl::string_view KindName(TokenKind kind) {
  return kind == TokenKind::kHost ? "host's enrollment token (migctl enroll token new)"
                                  : "operator's invitation (migctl operator invite)";
}

}  // namespace

TokenSecret NewTokenSecret(base::Random& random) {
  return *TokenSecret::FromBytes(random.Bytes(32));
}

base::Digest HashOf(const TokenSecret& secret) { return base::Sha256Of(secret.bytes()); }

std::string PrintToken(const Token& token) {
  std::string bytes;
  bytes.push_back(static_cast<char>(token.kind));
  absl::StrAppend(&bytes, token.secret.bytes());
  base::AppendU64Be(bytes, token.root_version);
  absl::StrAppend(&bytes, token.root_digest.bytes());
  MIG_CHECK(bytes.size() == kTokenBytes);
  return absl::StrCat(kPrefix, absl::WebSafeBase64Escape(bytes));
}

absl::StatusOr<Token> ParseToken(absl::string_view text, TokenKind expected) {
  absl::string_view digits = absl::StripAsciiWhitespace(text);
  std::string bytes;
  if (!absl::ConsumePrefix(&digits, kPrefix) || !absl::WebSafeBase64Unescape(digits, &bytes) ||
      bytes.size() != kTokenBytes || absl::WebSafeBase64Escape(bytes) != digits) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a token: it begins with mt_ and has 101 characters; copy the whole ",
                     KindName(expected)));
  }
  const absl::string_view view = bytes;
  const auto kind = static_cast<TokenKind>(view[0]);
  if (kind != TokenKind::kHost && kind != TokenKind::kOperator) {
    return absl::InvalidArgumentError("a token of a kind that this version does not know");
  }
  if (kind != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("this is a ", KindName(kind), "; wanted is a ", KindName(expected)));
  }
  return Token{.kind = kind,
               .secret = *TokenSecret::FromBytes(view.substr(kSecretAt, 32)),
               .root_version = base::ReadU64Be(view.substr(kVersionAt, 8)),
               .root_digest = *base::Digest::FromBytes(view.substr(kDigestAt, 32))};
}

}  // namespace mig::trust
