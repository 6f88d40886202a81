#include "loader/state/identity_store.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/memory_file_system.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using base::testing::StatusIs;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

std::string Key(absl::string_view name) {
  return absl::StrCat("-----BEGIN PRIVATE KEY-----\n", name, "\n-----END PRIVATE KEY-----\n");
}
IdentityPem Pair(absl::string_view name) {
  return {.private_key = Key(name),
          .certificate_chain =
              absl::StrCat("-----BEGIN CERTIFICATE-----\n", name, "\n-----END CERTIFICATE-----\n")};
}

IdentityStore Open(base::FileSystem& disk) { return IdentityStore(disk.OpenRoot("/").value()); }

// What a run does to renew, stopped by the first error.
absl::Status Renew(base::FileSystem& disk) {
  IdentityStore store = Open(disk);
  if (auto status = store.StartRenewal(Key("new")); !status.ok()) return status;
  return store.Install(Pair("new"));
}

TEST(IdentityStoreTest, AFreshHostHasNothing) {
  base::MemoryFileSystem disk;
  EXPECT_THAT(Open(disk).Current(), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(Open(disk).Former(), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(Open(disk).PendingKey(), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(Open(disk).AnchorRoot(), StatusIs(absl::StatusCode::kNotFound));
}

TEST(IdentityStoreTest, TheFormerPairIsKeptUntilTheRenewalAfterNext) {
  base::MemoryFileSystem disk;
  for (const char* name : {"first", "second", "third"}) {
    ASSERT_THAT(Open(disk).StartRenewal(Key(name)), IsOk());
    EXPECT_THAT(Open(disk).PendingKey(), IsOkAndHolds(Optional(Eq(Key(name)))));
    ASSERT_THAT(Open(disk).Install(Pair(name)), IsOk());
    EXPECT_THAT(Open(disk).PendingKey(), IsOkAndHolds(Eq(std::nullopt)));
  }
  EXPECT_THAT(Open(disk).Current(), IsOkAndHolds(Optional(Eq(Pair("third")))));
  EXPECT_THAT(Open(disk).Former(), IsOkAndHolds(Optional(Eq(Pair("second")))));
  EXPECT_EQ(disk.PendingChanges(), 0u);

  ASSERT_THAT(Open(disk).Install(Pair("third")), IsOk());
  EXPECT_THAT(Open(disk).Former(), IsOkAndHolds(Optional(Eq(Pair("second")))))
      << "installing the same again forgets nothing";
}

TEST(IdentityStoreTest, Adversary150PowerCutAtAnyStepOfARenewalLeavesAPairThatFits) {
  base::MemoryFileSystem before;
  ASSERT_THAT(Open(before).Install(Pair("older")), IsOk());
  ASSERT_THAT(Open(before).Install(Pair("old")), IsOk());
  base::MemoryFileSystem probe(before.SeenImage(), {});
  ASSERT_THAT(Renew(probe), IsOk());

  for (uint64_t step = 1; step <= probe.operations(); ++step) {
    base::MemoryFileSystem disk(before.SeenImage(), {});
    disk.CutPowerAfter(step);
    const bool done = Renew(disk).ok();
    disk.ForEachDurableImage(1, 100, [&](const base::DiskImage& image) {
      SCOPED_TRACE(absl::StrCat("power cut after step ", step));
      base::MemoryFileSystem after(image, {});
      const IdentityPem current = Open(after).Current().value().value();
      EXPECT_TRUE(current == Pair("new") || (current == Pair("old") && !done));
      EXPECT_TRUE(Open(after).Former().ok());
      // The next run asks again with the same key, or is done.
      const std::optional<std::string> pending = Open(after).PendingKey().value();
      EXPECT_EQ(pending.value_or(Key("new")), Key("new"));
      ASSERT_THAT(Renew(after), IsOk());
      EXPECT_THAT(Open(after).Current(), IsOkAndHolds(Optional(Eq(Pair("new")))));
    });
  }
}

TEST(IdentityStoreTest, KeysAreForTheOwnersEyesOnly) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(Open(disk).Install(Pair("a")), IsOk());
  ASSERT_THAT(Open(disk).Install(Pair("b")), IsOk());
  ASSERT_THAT(Open(disk).StartRenewal(Key("c")), IsOk());
  const auto root = disk.OpenRoot("/").value();
  for (const char* name : {"host.pem", "former.pem", "next.key"}) {
    EXPECT_EQ(root->Stat(name)->mode, 0600u) << name;
  }
}

TEST(IdentityStoreTest, WhatIsNoPairIsNamedAndNotShown) {
  base::MemoryFileSystem disk;
  EXPECT_FALSE(Open(disk).Install({.private_key = "secret", .certificate_chain = "x"}).ok());
  EXPECT_FALSE(Open(disk).StartRenewal("secret").ok());
  const auto root = disk.OpenRoot("/").value();
  ASSERT_THAT(base::WriteDurably(*root, "host.pem", "secret", 0600), IsOk());
  EXPECT_THAT(Open(disk).Current(), StatusIs(absl::StatusCode::kDataLoss,
                                             AllOf(HasSubstr("host.pem"), HasSubstr("enroll"),
                                                   Not(HasSubstr("secret")))));
}

TEST(IdentityStoreTest, TheAnchorStays) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(Open(disk).SetAnchorRoot("envelope"), IsOk());
  EXPECT_THAT(Open(disk).AnchorRoot(), IsOkAndHolds("envelope"));
}

}  // namespace
}  // namespace mig::loader
