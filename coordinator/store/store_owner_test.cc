#include "coordinator/store/store_owner.h"

#include <gtest/gtest.h>

#include <array>

namespace mig::coordinator {
namespace {

trust::KeyId Key(char byte) {
  std::array<char, trust::KeyId::kSizeBytes> bytes;
  bytes.fill(byte);
  return trust::KeyId(bytes);
}

constexpr char kBerlinsFormer = 'a';
constexpr char kBerlins = 'b';
constexpr char kParis = 'p';
constexpr char kOfOtherRoots = 'x';

StoreOwner Owner(const char* domain, const char* name, char key) {
  return {.trust_domain = domain, .name = name, .online_key = Key(key)};
}

// Berlin asks; its roots name both coordinators, and its own key of before.
bool IsBerlins(const StoreOwner& owner) {
  return IsOwn({.self = Owner("corp.example", "berlin", kBerlins),
                .keys_of_the_roots = {Key(kBerlinsFormer), Key(kBerlins), Key(kParis)}},
               owner);
}

TEST(StoreOwnerTest, ItsOwnBackupIsItsOwn) {
  EXPECT_TRUE(IsBerlins(Owner("corp.example", "berlin", kBerlins)));
}

TEST(StoreOwnerTest, ABackupOfBeforeItsKeyWasChangedIsItsOwn) {
  EXPECT_TRUE(IsBerlins(Owner("corp.example", "berlin", kBerlinsFormer)));
}

TEST(StoreOwnerTest, ABackupOfBeforeItGotAnotherNameIsItsOwn) {
  EXPECT_TRUE(IsBerlins(Owner("corp.example", "berlin-1", kBerlins)));
}

TEST(StoreOwnerTest, TheStoreOfACoordinatorBesideItIsNot) {
  EXPECT_FALSE(IsBerlins(Owner("corp.example", "paris", kParis)));
}

// Two trials, each with roots of its own, have the same names unless somebody changes them.
TEST(StoreOwnerTest, TheStoreOfOneWithTheSameNamesAndOtherRootsIsNot) {
  EXPECT_FALSE(IsBerlins(Owner("corp.example", "berlin", kOfOtherRoots)));
}

TEST(StoreOwnerTest, TheStoreOfAnotherTrustDomainIsNot) {
  EXPECT_FALSE(IsBerlins(Owner("other.example", "berlin", kBerlins)));
}

TEST(StoreOwnerTest, SaysWhoItIs) {
  EXPECT_EQ(ToText(Owner("corp.example", "berlin", kBerlins)),
            "coordinator 'berlin' of corp.example, online key 6262 6262 6262 6262");
}

}  // namespace
}  // namespace mig::coordinator
