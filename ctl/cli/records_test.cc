// Operators, the audit log, the store, and marks of single hosts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/testing/fixture.h"

namespace mig::ctl {
namespace {

using ::mig::ctl::testing::MigctlTest;
using ::mig::ctl::testing::Ran;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RecordsTest : public MigctlTest {
 protected:
  void SetUp() override {
    StartTrial();
    v1::Host host;
    host.set_hostname("dev-04");
    host.set_state(v1::Host::HEALTHY);
    coordinator_->state().hosts = {host};
  }
  const v1::Host& host() { return coordinator_->state().hosts.front(); }
};

TEST_F(RecordsTest, AnOperatorIsInvitedByAFileAndRefusedByName) {
  const Ran invite =
      Run("operator invite bo --role approver,operator --role viewer --out bo.token");
  EXPECT_EQ(invite.exit, 0) << invite.err;
  EXPECT_THAT(invite.out, AllOf(HasSubstr("roles viewer, operator, approver"), HasSubstr("until"),
                                Not(HasSubstr("mo_secret"))));
  EXPECT_THAT(invite.err, HasSubstr("migctl login --token-file bo.token"));
  EXPECT_EQ(*files_.ReadSecret("bo.token", 100, "the token"), "mo_secret\n");
  EXPECT_EQ(Run("operator invite cy --role viewer --out bo.token").exit, 5);
  EXPECT_EQ(coordinator_->state().operators.size(), 1u);

  EXPECT_THAT(Run("operator list").out,
              HasSubstr("bo\tviewer, operator, approver\tnever\tnone yet\t? invited\n"));
  EXPECT_EQ(Run("operator revoke bo --reason left").exit, 0);
  EXPECT_EQ(Run("operator revoke cy --reason left").exit, 3);
  const Ran json = Run("operator list -o json");
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"revoked\":true"), HasSubstr("\"ADMIN_ROLE_VIEWER\"")));
}

TEST_F(RecordsTest, AnInvitationsTokenIsNotInItsJson) {
  const Ran json = Run("operator invite bo --role viewer --out bo.token -o json");
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"expiresMs\":"), Not(HasSubstr("mo_secret"))));
}

TEST_F(RecordsTest, TheLastEntriesOfTheAuditLogAreListed) {
  for (int number = 2'500; number > 0; --number) {
    v1::AuditEntry entry;
    entry.set_number(static_cast<uint64_t>(number));
    entry.set_time_ms(1767225600000);
    entry.set_action(number == 1 ? "store.confirm" : "rollout.halt");
    entry.set_subject("agent\x1b[2J");
    coordinator_->state().audit.push_back(entry);
  }
  const Ran last = Run("audit list --last 2");
  EXPECT_EQ(last.out,
            "NO\tTIME\tWHO\tWHAT\tTO\tCHANGE\tWHY\n"
            "2500\t2026-01-01 00:00 UTC\tthe coordinator\trollout.halt\tagent\\x1b[2J\t\t\n"
            "2499\t2026-01-01 00:00 UTC\tthe coordinator\trollout.halt\tagent\\x1b[2J\t\t\n");
  const Ran rare = Run("audit list --containing store.confirm");
  EXPECT_THAT(rare.out, HasSubstr("\n1\t2026")) << rare.err;
}

TEST_F(RecordsTest, ABrokenAuditLogIsExitOneAndNamesTheEntry) {
  coordinator_->state().audit.resize(30);
  const Ran good = Run("audit verify");
  EXPECT_EQ(good.exit, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("chain of 30 entries holds; its head is sha256 abcd"));
  coordinator_->state().first_bad_entry = 17;
  const Ran bad = Run("audit verify");
  EXPECT_EQ(bad.exit, 1);
  EXPECT_THAT(bad.out, HasSubstr("x entry 17 of 30"));
  EXPECT_THAT(Run("audit verify -o json").out, HasSubstr("\"firstBadEntry\":\"17\""));
}

TEST_F(RecordsTest, ARestoredStoreGoesOnWithAReasonAndSaysWhatToReview) {
  const Ran ran = Run(std::vector<std::string>{"store", "confirm", "--reason", "disk failure"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, "The store goes on as generation 8.\n  ! disk failure\n");
}

TEST_F(RecordsTest, AnExpectedEnvironmentIsPinnedAndCleared) {
  const Ran pin = Run("host pin dev-04 --where os=\"linux\"");
  EXPECT_EQ(pin.exit, 0) << pin.err;
  EXPECT_THAT(pin.out, HasSubstr("expected to be os = \"linux\""));
  EXPECT_EQ(host().pinned_filter(), "os = \"linux\"");
  EXPECT_EQ(Run("host pin dev-05 --clear").exit, 3);
  EXPECT_EQ(Run("host pin dev-04 --clear").exit, 0);
  EXPECT_EQ(host().pinned_filter(), "");
}

TEST_F(RecordsTest, LabelsAreSetAndRemovedTogether) {
  EXPECT_EQ(Run("host label dev-04 site=muc ring=early").exit, 0);
  const Ran ran = Run("host label dev-04 floor=3 --remove ring");
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("site=muc floor=3"));
  EXPECT_EQ(host().labels_size(), 2);
}

TEST_F(RecordsTest, AHostIsRefusedForNowAndTakenBack) {
  EXPECT_EQ(Run("host disable dev-04 --reason INC-482").exit, 0);
  EXPECT_EQ(host().state(), v1::Host::DISABLED);
  const Ran back = Run("host disable dev-04 --enable --reason repaired");
  EXPECT_THAT(back.out, HasSubstr("let in again"));
  EXPECT_EQ(host().state(), v1::Host::HEALTHY);
}

}  // namespace
}  // namespace mig::ctl
