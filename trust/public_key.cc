#include "trust/public_key.h"

#include <openssl/bn.h>
#include <openssl/curve25519.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "these are OpenSSL's headers: add @boringssl//:crypto to deps"
#endif

namespace mig::trust {

namespace {

using Point = std::array<uint8_t, base::kEd25519PublicKeyBytes>;

const uint8_t* Data(absl::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

// y coordinates, little-endian, of the points whose order divides 8 (the cofactor): y = 1, -1, 0,
// and the two of order 8. Each of them with either sign of x is of small order, so that a
// "signature" by it verifies for many messages.
constexpr std::array<Point, 5> kSmallOrderY = {{
    {0x01},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x00},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}};

bssl::UniquePtr<BIGNUM> FromDecimal(const char* digits) {
  BIGNUM* number = nullptr;
  MIG_CHECK(BN_dec2bn(&number, digits) != 0);
  return bssl::UniquePtr<BIGNUM>(number);
}

// 2^255 - 19, and d = -121665/121666 of the curve's equation (RFC 8032, section 5.1).
bssl::UniquePtr<BIGNUM> FieldPrime() {
  return FromDecimal(
      "57896044618658097711785492504343953926634992332820282019728792003956564819949");
}
bssl::UniquePtr<BIGNUM> CurveD() {
  return FromDecimal(
      "37095705934669439343138083508754565189542113879843219016388785533085940283555");
}

// x^2 = (y^2 - 1) / (d y^2 + 1) has a root iff the product of both is zero or a square (Euler).
bool HasX(const BIGNUM* y, const BIGNUM* p) {
  const bssl::UniquePtr<BN_CTX> ctx(BN_CTX_new());
  const bssl::UniquePtr<BIGNUM> d = CurveD();
  bssl::UniquePtr<BIGNUM> square(BN_new()), u(BN_new()), v(BN_new()), half(BN_dup(p));
  MIG_CHECK(ctx && square && u && v && half);
  MIG_CHECK(BN_mod_sqr(square.get(), y, p, ctx.get()));
  MIG_CHECK(BN_mod_sub(u.get(), square.get(), BN_value_one(), p, ctx.get()));
  MIG_CHECK(BN_mod_mul(v.get(), d.get(), square.get(), p, ctx.get()));
  MIG_CHECK(BN_mod_add(v.get(), v.get(), BN_value_one(), p, ctx.get()));
  MIG_CHECK(BN_mod_mul(u.get(), u.get(), v.get(), p, ctx.get()));
  MIG_CHECK(BN_sub_word(half.get(), 1) && BN_rshift1(half.get(), half.get()));
  MIG_CHECK(BN_mod_exp(u.get(), u.get(), half.get(), p, ctx.get()));
  return BN_is_zero(u.get()) || BN_is_one(u.get());
}

absl::Status CheckEd25519Point(absl::string_view bytes) {
  if (bytes.size() != base::kEd25519PublicKeyBytes) {
    return Refuse(v1::Refusal::MALFORMED,
                  absl::StrCat("an Ed25519 public key has 32 bytes, not ", bytes.size()));
  }
  Point y;
  std::copy(bytes.begin(), bytes.end(), y.begin());
  y[31] &= 0x7f;  // the sign of x
  if (std::find(kSmallOrderY.begin(), kSmallOrderY.end(), y) != kSmallOrderY.end()) {
    return Refuse(v1::Refusal::MALFORMED, "the Ed25519 public key is a point of small order");
  }
  const bssl::UniquePtr<BIGNUM> number(BN_le2bn(y.data(), y.size(), nullptr));
  const bssl::UniquePtr<BIGNUM> p = FieldPrime();
  MIG_CHECK(number);
  if (BN_cmp(number.get(), p.get()) >= 0) {
    return Refuse(v1::Refusal::MALFORMED, "the Ed25519 public key is not canonically encoded");
  }
  if (!HasX(number.get(), p.get())) {
    return Refuse(v1::Refusal::MALFORMED, "the Ed25519 public key is no point of the curve");
  }
  return absl::OkStatus();
}

}  // namespace

KeyId KeyIdOf(uint8_t algorithm, absl::string_view bytes) {
  const base::Digest digest = base::Sha256()
                                  .Add(absl::string_view("MIG key v1\0", 11))
                                  .AddU8(algorithm)
                                  .Add(bytes)
                                  .Finish();
  return *KeyId::FromBytes(digest.bytes());
}

std::string ShortId(const KeyId& id) {
  const std::string hex = id.ToHex();
  return absl::StrCat(hex.substr(0, 4), " ", hex.substr(4, 4), " ", hex.substr(8, 4), " ",
                      hex.substr(12, 4));
}

PublicKey::PublicKey(uint8_t algorithm, absl::string_view bytes)
    : algorithm_(algorithm), bytes_(bytes), id_(KeyIdOf(algorithm, bytes)) {}

absl::StatusOr<PublicKey> PublicKey::Create(uint32_t algorithm, absl::string_view bytes) {
  if (algorithm == 0) return Refuse(v1::Refusal::MALFORMED, "the key has no algorithm");
  if (algorithm > 255) {
    return Refuse(v1::Refusal::BOUND, absl::StrCat("key algorithm ", algorithm, " is above 255"));
  }
  if (bytes.empty()) return Refuse(v1::Refusal::MALFORMED, "the public key is empty");
  if (bytes.size() > base::kMaxPublicKeyBytes) {
    return Refuse(v1::Refusal::BOUND, absl::StrCat("the public key has ", bytes.size(),
                                                   " bytes, at most ", base::kMaxPublicKeyBytes));
  }
  if (algorithm == kEd25519) MIG_RETURN_IF_ERROR(CheckEd25519Point(bytes));
  return PublicKey(static_cast<uint8_t>(algorithm), bytes);
}

bool PublicKey::Verify(absl::string_view message, absl::string_view signature) const {
  if (!can_verify() || signature.size() != base::kEd25519SignatureBytes) return false;
  // BoringSSL refuses S >= L, and compares R by bytes with the encoding of its own canonical R.
  return ED25519_verify(Data(message), message.size(), Data(signature), Data(bytes_)) == 1;
}

}  // namespace mig::trust
