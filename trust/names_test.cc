#include "trust/names.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "trust/host_id.h"
#include "trust/ids.h"
#include "trust/refusal.h"

namespace mig::trust {
namespace {

TEST(NamesTest, Products) {
  for (const char* good : {"a", "agent", "agent-2", "a-"}) EXPECT_TRUE(IsProductName(good)) << good;
  for (const char* bad : {"", "A", "2a", "-a", "a.b", "a_b", "a/b", "\xc3\xa4"}) {
    EXPECT_FALSE(IsProductName(bad)) << bad;
  }
  EXPECT_TRUE(IsProductName(std::string(32, 'a')));
  EXPECT_FALSE(IsProductName(std::string(33, 'a')));
}

TEST(NamesTest, TrustDomainsOperatorsAndTags) {
  EXPECT_TRUE(IsTrustDomain("corp.example"));
  EXPECT_FALSE(IsTrustDomain("corp_example"));
  EXPECT_FALSE(IsTrustDomain(std::string(254, 'a')));
  EXPECT_TRUE(IsOperatorName("ana.b_c-1"));
  EXPECT_FALSE(IsOperatorName("ana@corp"));
  EXPECT_FALSE(IsOperatorName(""));
  EXPECT_TRUE(IsTagName("site_2"));
  EXPECT_FALSE(IsTagName("2site"));
}

TEST(NamesTest, ComponentsAreOneOrTwoSegments) {
  for (const char* good : {"agent", "conf/10-site.cfg", "_x", "-x", "a/b"}) {
    EXPECT_TRUE(IsComponentName(good)) << good;
  }
  for (const char* bad : {"", "/", "a/", "/a", "a/b/c", ".a", "a/.b", "..", "A", "a b"}) {
    EXPECT_FALSE(IsComponentName(bad)) << bad;
  }
  EXPECT_FALSE(IsComponentName(absl::string_view("a\0b", 3)));
}

TEST(IdsTest, OneIdHasOneSpelling) {
  const std::string hex(64, 'a');
  ASSERT_TRUE(HostId::FromHex(hex).ok());
  EXPECT_EQ(HostId::FromHex(hex)->ToHex(), hex);
  for (const std::string& bad : {std::string(64, 'A'), std::string(63, 'a'), std::string(65, 'a'),
                                 hex.substr(0, 63) + "g", std::string("")}) {
    EXPECT_EQ(RefusalOf(HostId::FromHex(bad).status()), v1::Refusal::MALFORMED) << bad;
  }
  EXPECT_EQ(RefusalOf(RolloutId::FromBytes(std::string(17, 'r')).status()), v1::Refusal::MALFORMED);
}

TEST(HostIdTest, IsTheDigestOfTheSpkiInItsOneForm) {
  const std::string prefix =
      absl::HexStringToBytes("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
  const std::string spki = prefix + std::string(64, 'p');
  ASSERT_EQ(spki.size(), 91u);
  EXPECT_TRUE(HostIdOf(spki).ok());
  std::string compressed = prefix + std::string(32, 'p');
  compressed[26] = 2;
  for (const std::string& bad :
       {compressed, spki + "x", spki.substr(0, 90), std::string(91, 'x')}) {
    EXPECT_EQ(RefusalOf(HostIdOf(bad).status()), v1::Refusal::CSR);
  }
}

}  // namespace
}  // namespace mig::trust
