// The text that lets a host or an operator in for the first time (docs/protocol.md, "Identity"):
//   "mt_" + base64url without padding of
//   u8 kind | 32 secret | u64be root version | 32 root digest
// Whoever hands it out carries the newest root's version and digest with it, so that who comes in
// can tell that the roots it was shown are not old ones. Only the secret is ever sent; the
// coordinator's store has its SHA-256.

#ifndef MIG_TRUST_TOKEN_TOKEN_H_
#define MIG_TRUST_TOKEN_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/random.h"
#include "trust/ids.h"

namespace mig::trust {

using TokenSecret = FixedBytes<struct TokenSecretTag, 32>;

enum class TokenKind : uint8_t { kHost = 1, kOperator = 2 };

// A value. Never in messages or logs.
struct Token {
  TokenKind kind = TokenKind::kHost;
  TokenSecret secret;
  // Both zero where there was no root yet (`mig-coordinator init`).
  uint64_t root_version = 0;
  base::Digest root_digest;

  friend bool operator==(const Token&, const Token&) = default;
};

TokenSecret NewTokenSecret(base::Random& random);

// What a store keeps of a secret.
base::Digest HashOf(const TokenSecret& secret);

// 101 characters.
std::string PrintToken(const Token& token);

// White space around the text is let pass (it comes from files). InvalidArgument, without the text,
// for anything else than PrintToken gives, or for a token of another kind than `expected`.
absl::StatusOr<Token> ParseToken(absl::string_view text, TokenKind expected);

}  // namespace mig::trust

#endif  // MIG_TRUST_TOKEN_TOKEN_H_
