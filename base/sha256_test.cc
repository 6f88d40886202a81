#include "base/sha256.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"
#include "base/endian.h"

namespace mig::base {
namespace {

// FIPS 180-4, examples of NIST's Cryptographic Standards and Guidelines.
TEST(Sha256Test, PublishedExamples) {
  EXPECT_EQ(Sha256Of("").ToHex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Of("abc").ToHex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").ToHex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Of(std::string(1'000'000, 'a')).ToHex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PiecesAreTheSameAsTheWhole) {
  const std::string bytes(1000, 'x');
  for (size_t cut = 0; cut <= bytes.size(); cut += 37) {
    Sha256 hash;
    hash.Add(absl::string_view(bytes).substr(0, cut));
    Sha256 copy = hash;
    EXPECT_EQ(hash.Add(absl::string_view(bytes).substr(cut)).Finish(), Sha256Of(bytes));
    EXPECT_EQ(copy.Finish(), Sha256Of(absl::string_view(bytes).substr(0, cut)));
  }
}

TEST(Sha256Test, NumbersAndLengthsAreBigEndian) {
  const Digest digest = Sha256()
                            .Add(absl::string_view("MIG test\0", 9))
                            .AddU8(0xA1)
                            .AddU32Be(0x01020304)
                            .AddU64Be(0x05060708090A0B0C)
                            .AddWithLength("host")
                            .Finish();
  EXPECT_EQ(digest, Sha256Of(absl::string_view("MIG test\0\xA1\x01\x02\x03\x04\x05\x06\x07\x08"
                                               "\x09\x0A\x0B\x0C\0\0\0\x04host",
                                               30)));
}

TEST(EndianTest, BothOrdersGoBothWays) {
  std::string bytes;
  AppendU32Le(bytes, 0x89ABCDEF);
  AppendU32Be(bytes, 0x89ABCDEF);
  EXPECT_EQ(bytes, "\xEF\xCD\xAB\x89\x89\xAB\xCD\xEF");
  EXPECT_EQ(ReadU32Le(bytes), 0x89ABCDEFu);
  EXPECT_EQ(ReadU32Be(bytes), 0xEFCDAB89u);
  EXPECT_EQ(ReadU64Be(bytes), 0xEFCDAB8989ABCDEFu);
  EXPECT_EQ(ReadU64Le(bytes), 0xEFCDAB8989ABCDEFu);
  std::string both;
  AppendU64Le(both, 0x0102030405060708);
  AppendU64Be(both, 0x0102030405060708);
  EXPECT_EQ(both,
            absl::string_view("\x08\x07\x06\x05\x04\x03\x02\x01\x01\x02\x03\x04\x05\x06\x07\x08"));
  EXPECT_DEATH(ReadU32Le("abc"), "3 bytes");
}

}  // namespace
}  // namespace mig::base
