// Labels, capabilities and user attributes through an install and back (ADVERSARY 110
// [tacticalrmm #1239; beszel #1211]).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "loader/install/recover.h"
#include "loader/install/staging.h"
#include "loader/install/transaction.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;

constexpr absl::string_view kOldBytes = "old agent";
constexpr absl::string_view kNewBytes = "new agent";
constexpr absl::string_view kLabel = "security.selinux";
constexpr absl::string_view kCapability = "security.capability";

class AttributesInstallTest : public ::testing::Test {
 protected:
  AttributesInstallTest() : directory_(*base::MakeDirs(disk_, "/opt/a", 0755)) {
    EXPECT_THAT(base::WriteDurably(*directory_, "agent", kOldBytes, 0755), IsOk());
    Give(kLabel, absl::string_view("bin_t\0", 6));
    Give(kCapability, "cap");
    Give("user.note", "an operator's");
  }

  void Give(absl::string_view name, absl::string_view value) {
    const auto file = directory_->OpenReadWrite("agent");
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT((*file)->SetAttribute(name, value), IsOk());
    ASSERT_THAT((*file)->Sync(), IsOk());
  }
  absl::StatusOr<std::string> Has(absl::string_view name) {
    return (*directory_->OpenRead("agent"))->GetAttribute(name);
  }

  // Up to its commit, where the dictionary says `attributes`.
  absl::StatusOr<Transaction> Commit(absl::string_view bytes, Attributes attributes) {
    Target target;
    target.product = "agent";
    target.name = target.file_name = "agent";
    target.directory = "/opt/a";
    target.mode = 0755;
    target.max_bytes = 100;
    target.attributes = std::move(attributes);
    const Component component = {
        .target = target, .content = {.digest = base::Sha256Of(bytes), .size_bytes = bytes.size()}};
    const base::FileDigest installed = {.digest = base::Sha256Of(kOldBytes),
                                        .size_bytes = kOldBytes.size()};
    MIG_ASSIGN_OR_RETURN(
        Staging staging,
        Staging::Begin(place_, "agent",
                       {{.target = target, .after = component.facts(), .installed = installed}}));
    MIG_ASSIGN_OR_RETURN(const Staging::Stagable have, staging.StageFromDisk(0));
    base::StringSource source(bytes);
    if (!have.is_staged) MIG_RETURN_IF_ERROR(staging.Stage(0, 0, source));
    MIG_RETURN_IF_ERROR(staging.Keep().status());
    TransactionFacts facts;
    facts.product = "agent";
    facts.to.manifest = base::Sha256Of("manifest");
    return std::move(staging).Commit(facts);
  }
  absl::StatusOr<Transaction> Replace(absl::string_view bytes, Attributes attributes) {
    MIG_ASSIGN_OR_RETURN(Transaction transaction, Commit(bytes, std::move(attributes)));
    MIG_RETURN_IF_ERROR(transaction.ReplaceFiles());
    return transaction;
  }

  base::MemoryFileSystem disk_;
  std::unique_ptr<base::Directory> directory_;
  const Place place_ = {.disk = disk_, .state_directory = "/var/lib/mig-loader"};
};

TEST_F(AttributesInstallTest, LabelAndCapabilitiesOfTheOldFileAreNotLost) {
  ASSERT_THAT(Replace(kNewBytes, {}), IsOk());
  EXPECT_THAT(Has(kLabel), IsOkAndHolds(std::string("bin_t\0", 6)));
  EXPECT_THAT(Has(kCapability), IsOkAndHolds("cap"));
  EXPECT_THAT(Has("user.note"), StatusIs(absl::StatusCode::kNotFound));  // of the old contents
}

TEST_F(AttributesInstallTest, TheDictionarysWordCounts) {
  ASSERT_THAT(Replace(kNewBytes, {{std::string(kLabel), "agent_exec_t"},
                                  {std::string(kCapability), ""},
                                  {"user.origin", "mig"}}),
              IsOk());
  EXPECT_THAT(Has(kLabel), IsOkAndHolds(std::string("agent_exec_t\0", 13)));
  EXPECT_THAT(Has(kCapability), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Has("user.origin"), IsOkAndHolds("mig"));
}

TEST_F(AttributesInstallTest, GoingBackBringsTheOldOnesBack) {
  Give("user.origin", "package");
  {
    ASSERT_THAT(Replace(kNewBytes, {{std::string(kCapability), ""}, {"user.origin", "mig"}}),
                IsOk());
  }  // the process is gone
  absl::StatusOr<Recovery> recovery = Recover(place_, std::nullopt, GoingBack::kAllowed, {});
  ASSERT_THAT(recovery, IsOk());
  ASSERT_TRUE(recovery->transaction.has_value());
  v1::Refusal why;
  why.set_code(v1::Refusal::PROBE);
  ASSERT_THAT(recovery->transaction->GoBack(why, ""), IsOk());

  EXPECT_THAT(base::ReadWhole(*directory_, "agent", 100), IsOkAndHolds(std::string(kOldBytes)));
  EXPECT_THAT(Has(kLabel), IsOkAndHolds(std::string("bin_t\0", 6)));
  EXPECT_THAT(Has(kCapability), IsOkAndHolds("cap"));
  EXPECT_THAT(Has("user.origin"), IsOkAndHolds("package"));
}

TEST_F(AttributesInstallTest, ContentsThatAreRightGetTheAttributesThatAreMissing) {
  ASSERT_THAT(Replace(kOldBytes, {{"user.origin", "mig"}}), IsOk());
  EXPECT_THAT(base::ReadWhole(*directory_, "agent", 100), IsOkAndHolds(std::string(kOldBytes)));
  EXPECT_THAT(Has("user.origin"), IsOkAndHolds("mig"));
  EXPECT_THAT(Has(kCapability), IsOkAndHolds("cap"));
}

// Promise 3. Whatever a power cut leaves, what recovery puts in place has what it should have.
TEST_F(AttributesInstallTest, PowerCutsAfterTheCommitLoseNoAttribute) {
  const auto check = [](const base::DiskImage& image) {
    base::MemoryFileSystem disk(image);
    const Place place = {.disk = disk, .state_directory = "/var/lib/mig-loader"};
    const absl::StatusOr<Recovery> recovery = Recover(place, std::nullopt, GoingBack::kAllowed, {});
    ASSERT_THAT(recovery, IsOk());
    ASSERT_TRUE(recovery->transaction.has_value());
    EXPECT_EQ(recovery->transaction->phase(), Phase::kActivating);
    const auto directory = disk.OpenRoot("/opt/a");
    ASSERT_THAT(directory, IsOk());
    const auto file = (*directory)->OpenRead("agent");
    ASSERT_THAT(file, IsOk());
    EXPECT_THAT((*file)->GetAttribute("user.origin"), IsOkAndHolds("mig"));
    EXPECT_THAT((*file)->GetAttribute(kCapability), IsOkAndHolds("cap"));
  };
  absl::StatusOr<Transaction> transaction = Commit(kNewBytes, {{"user.origin", "mig"}});
  ASSERT_THAT(transaction, IsOk());
  EXPECT_GT(disk_.ForEachDurableImage(1, 10, check), 0u);
  ASSERT_THAT(transaction->ReplaceFiles(), IsOk());
  EXPECT_GT(disk_.ForEachDurableImage(1, 10, check), 0u);
}

}  // namespace
}  // namespace mig::loader
