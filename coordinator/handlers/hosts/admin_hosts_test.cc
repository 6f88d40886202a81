// Hosts as operators list, explain and refuse them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Property;
using ::testing::SizeIs;

class AdminHostsTest : public ::testing::Test {
 protected:
  AdminHostsTest() { clock_.Advance(absl::Hours(4)); }

  AdminHosts& hosts() { return coordinator_.coordinator().hosts(); }
  absl::StatusOr<v1::ListHostsAnswer> List(const v1::ListHostsRequest& request) {
    return coordinator_.Wait<v1::ListHostsAnswer>([&](Done<v1::ListHostsAnswer> done) {
      hosts().ListHosts(coordinator_.admin(), request, std::move(done));
    });
  }
  std::vector<std::string> NamesWhere(absl::string_view where) {
    v1::ListHostsRequest request;
    request.set_where(std::string(where));
    const auto answer = List(request);
    EXPECT_THAT(answer, IsOk());
    std::vector<std::string> names;
    if (!answer.ok()) return names;
    for (const v1::Host& host : answer->hosts()) names.push_back(host.hostname());
    return names;
  }
  absl::StatusOr<v1::HostDetails> Get(absl::string_view name) {
    v1::GetHostRequest request;
    request.set_host(std::string(name));
    return coordinator_.Wait<v1::HostDetails>([&](Done<v1::HostDetails> done) {
      hosts().GetHost(coordinator_.admin(), request, std::move(done));
    });
  }
  absl::StatusOr<v1::Explanation> Explain(const TestHost& host) {
    v1::ExplainHostRequest request;
    request.set_host(host.id().ToHex());
    return coordinator_.Wait<v1::Explanation>([&](Done<v1::Explanation> done) {
      hosts().ExplainHost(coordinator_.admin(), request, std::move(done));
    });
  }
  absl::StatusOr<v1::Host> Label(absl::string_view host, absl::string_view name,
                                 absl::string_view value) {
    v1::LabelHostRequest request;
    request.set_host(std::string(host));
    v1::Tag& label = *request.add_set();
    label.set_name(std::string(name));
    label.set_value(std::string(value));
    return coordinator_.Wait<v1::Host>([&](Done<v1::Host> done) {
      hosts().LabelHost(coordinator_.admin(), request, std::move(done));
    });
  }
  absl::StatusOr<v1::RevokeHostsAnswer> Revoke(const std::vector<std::string>& names) {
    v1::RevokeHostsRequest request;
    for (const std::string& name : names) request.add_hosts(name);
    request.mutable_why()->set_reason("stolen");
    return coordinator_.Wait<v1::RevokeHostsAnswer>([&](Done<v1::RevokeHostsAnswer> done) {
      hosts().RevokeHosts(coordinator_.admin(), request, std::move(done));
    });
  }
  // A host that has checked in.
  std::unique_ptr<TestHost> Seen(uint64_t number) {
    auto host = std::make_unique<TestHost>(coordinator_, number);
    EXPECT_THAT(host->CheckIn(), IsOk());
    return host;
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

// --- The list

TEST_F(AdminHostsTest, IsSortedByName) {
  const auto b = Seen(2);
  const auto a = Seen(1);
  EXPECT_THAT(NamesWhere(""), ElementsAre("host-1", "host-2"));
}

TEST_F(AdminHostsTest, AFilterReadsWhatTheHostSaid) {
  const auto debian = Seen(1);
  TestHost ubuntu(coordinator_, 2);
  ubuntu.says().mutable_environment()->set_distribution("ubuntu");
  ASSERT_THAT(ubuntu.CheckIn(), IsOk());
  EXPECT_THAT(NamesWhere("distribution = \"ubuntu\""), ElementsAre("host-2"));
}

TEST_F(AdminHostsTest, AFilterReadsWhatTheCoordinatorSays) {
  const auto host = Seen(1);
  const auto other = Seen(2);
  ASSERT_THAT(Label("host-1", "ring", "early"), IsOk());
  EXPECT_THAT(NamesWhere("labels.ring = \"early\" AND state = \"new\" AND last_seen < 24h"),
              ElementsAre("host-1"));
}

TEST_F(AdminHostsTest, AFilterReadsTheInstalledVersion) {
  TestHost host(coordinator_, 1);
  host.Has(coordinator_.Publish("agent", 3, {{"agent", "x"}}));
  ASSERT_THAT(host.CheckIn(), IsOk());
  const auto other = Seen(2);
  EXPECT_THAT(NamesWhere("release.agent = \"1.3\""), ElementsAre("host-1"));
}

TEST_F(AdminHostsTest, AMalformedFilterSaysWhere) {
  v1::ListHostsRequest request;
  request.set_where("kernel >>");
  const auto answer = List(request);
  EXPECT_THAT(trust::RefusalOf(answer.status()), Optional(Eq(v1::Refusal::FILTER)));
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("column"));
}

TEST_F(AdminHostsTest, PagesShowEachHostOnce) {
  std::vector<std::unique_ptr<TestHost>> hosts;
  for (uint64_t n = 1; n <= 5; ++n) hosts.push_back(Seen(n));
  v1::ListHostsRequest request;
  request.mutable_page()->set_size(2);
  std::vector<std::string> names;
  do {
    const auto page = List(request);
    ASSERT_THAT(page, IsOk());
    EXPECT_EQ(page->matched_hosts(), 5);
    for (const v1::Host& host : page->hosts()) names.push_back(host.hostname());
    request.mutable_page()->set_token(page->next_token());
  } while (!request.page().token().empty());
  EXPECT_THAT(names, ElementsAre("host-1", "host-2", "host-3", "host-4", "host-5"));
}

TEST_F(AdminHostsTest, AHostThatWasNeverSeenIsListedByTheNameItEnrolledWith) {
  const TestHost host(coordinator_, 7);
  EXPECT_THAT(NamesWhere(""), ElementsAre("host-7"));
}

TEST_F(AdminHostsTest, TheListIsTheSameAfterARestart) {
  const auto host = Seen(1);
  coordinator_.Commit();
  coordinator_.Restart();
  EXPECT_THAT(NamesWhere("distribution = \"debian\""), ElementsAre("host-1"));
}

// --- One host

TEST_F(AdminHostsTest, IsFoundByIdPrefixAndName) {
  const auto host = Seen(1);
  const std::string id = host->id().ToHex();
  for (const std::string& name : {id, id.substr(0, 4), std::string("host-1")}) {
    EXPECT_EQ(Get(name)->host().id(), id) << name;
  }
}

TEST_F(AdminHostsTest, ANameOfTwoHostsIsNoName) {
  const auto first = Seen(1);
  TestHost second(coordinator_, 2);
  second.says().mutable_environment()->set_hostname("host-1");
  ASSERT_THAT(second.CheckIn(), IsOk());
  EXPECT_THAT(trust::RefusalOf(Get("host-1").status()), Optional(Eq(v1::Refusal::EXISTS)));
}

TEST_F(AdminHostsTest, ARevokedNamesakeIsNotMeant) {
  const auto first = Seen(1);
  TestHost second(coordinator_, 2);
  second.says().mutable_environment()->set_hostname("host-1");
  ASSERT_THAT(second.CheckIn(), IsOk());
  ASSERT_THAT(Revoke({first->id().ToHex()}), IsOk());
  EXPECT_EQ(Get("host-1")->host().id(), second.id().ToHex());
}

TEST_F(AdminHostsTest, AShortPrefixIsNoPrefix) {
  const auto host = Seen(1);
  EXPECT_THAT(trust::RefusalOf(Get(host->id().ToHex().substr(0, 3)).status()),
              Optional(Eq(v1::Refusal::NOT_FOUND)));
}

TEST_F(AdminHostsTest, SqlInANameIsAName) {
  EXPECT_THAT(trust::RefusalOf(Get("'; DROP TABLE host; --").status()),
              Optional(Eq(v1::Refusal::NOT_FOUND)));
}

TEST_F(AdminHostsTest, FailedSaysStageAndCode) {
  const auto host = Seen(1);
  const auto release = coordinator_.Publish("agent", 1, {{"agent", "program"}});
  coordinator_.StartPlan(coordinator_.authority().Plan(1, "agent", release.digest()));
  v1::Outcome outcome = host->OutcomeOf(host->Assigned(), 'a');
  outcome.set_result(v1::Outcome::WENT_BACK);
  outcome.set_stage(v1::Outcome::HEALTH);
  outcome.mutable_refusal()->set_code(v1::Refusal::EXIT);
  outcome.mutable_refusal()->set_exit_status(139);
  ASSERT_THAT(host->Report(outcome), IsOk());

  const auto details = Get("host-1");

  EXPECT_EQ(details->host().state(), v1::Host::FAILED);
  EXPECT_EQ(details->host().why().code(), v1::Refusal::EXIT);
  EXPECT_EQ(details->host().why_stage(), v1::Outcome::HEALTH);
  EXPECT_THAT(details->outcomes(), SizeIs(1));
}

TEST_F(AdminHostsTest, AnOfferThatHasNotEndedIsUpdating) {
  const auto host = Seen(1);
  const auto release = coordinator_.Publish("agent", 1, {{"agent", "program"}});
  coordinator_.StartPlan(coordinator_.authority().Plan(1, "agent", release.digest()));
  host->Assigned();
  EXPECT_EQ(Get("host-1")->host().state(), v1::Host::UPDATING);
}

TEST_F(AdminHostsTest, LongUnseenIsSilent) {
  const auto host = Seen(1);
  clock_.Advance(kSilentAfter + absl::Seconds(1));
  EXPECT_EQ(Get("host-1")->host().state(), v1::Host::SILENT);
}

// --- Explain

// Promise 6.
TEST_F(AdminHostsTest, ExplainSaysThatItWillAndWhen) {
  const auto host = Seen(1);
  const auto release = coordinator_.Publish("agent", 1, {{"agent", "program"}});
  v1::Plan plan = coordinator_.authority().Plan(1, "agent", release.digest());
  const absl::Time opens = clock_.WallNow() + absl::Hours(5);
  plan.mutable_waves(0)->set_not_before_ms(absl::ToUnixMillis(opens));
  plan.set_baseline_until_ms(0);
  coordinator_.StartPlan(plan);

  const auto explanation = Explain(*host);

  ASSERT_THAT(explanation, IsOk());
  ASSERT_THAT(explanation->verdicts(), SizeIs(1));
  const v1::Verdict& verdict = explanation->verdicts(0);
  EXPECT_EQ(verdict.answer(), v1::Verdict::WILL);
  EXPECT_EQ(verdict.refusal().code(), v1::Refusal::TOO_EARLY);
  EXPECT_EQ(verdict.not_before_ms(), absl::ToUnixMillis(opens));
  EXPECT_EQ(verdict.plan(), plan.name());
}

// Promise 6.
TEST_F(AdminHostsTest, ExplainSaysThatTheRolloutWasHalted) {
  const auto host = Seen(1);
  const auto release = coordinator_.Publish("agent", 1, {{"agent", "program"}});
  const v1::Plan plan = coordinator_.authority().Plan(1, "agent", release.digest());
  coordinator_.StartPlan(plan);
  coordinator_.Halt(plan.name());
  const auto explanation = Explain(*host);
  EXPECT_EQ(explanation->verdicts(0).answer(), v1::Verdict::WILL_NOT);
  EXPECT_EQ(explanation->verdicts(0).refusal().code(), v1::Refusal::HALTED);
}

TEST_F(AdminHostsTest, ExplainSaysContactAndIdentity) {
  const auto host = Seen(1);
  const auto release = coordinator_.Publish("agent", 1, {{"agent", "program"}});
  coordinator_.StartPlan(coordinator_.authority().Plan(1, "agent", release.digest()));
  const auto explanation = Explain(*host);
  EXPECT_THAT(explanation->verdicts(0).evidence(),
              Contains(Property(&v1::Evidence::topic, "contact")));
  EXPECT_THAT(explanation->verdicts(0).evidence(),
              Contains(Property(&v1::Evidence::text, HasSubstr("certificate 90 d"))));
}

TEST_F(AdminHostsTest, AHostThatWasNeverSeenIsExplainedToo) {
  const TestHost host(coordinator_, 1);
  const auto explanation = Explain(host);
  ASSERT_THAT(explanation, IsOk());
  EXPECT_THAT(explanation->verdicts(0).evidence(),
              Contains(Property(&v1::Evidence::text, HasSubstr("not checked in yet"))));
}

// --- Changes

TEST_F(AdminHostsTest, RevokedIsForEver) {
  const auto host = Seen(1);
  ASSERT_THAT(Revoke({"host-1"}), IsOk());
  v1::DisableHostRequest enable;
  enable.set_host(host->id().ToHex());
  enable.set_change(v1::DisableHostRequest::ENABLE);
  enable.mutable_why()->set_reason("found again");
  EXPECT_THAT(trust::RefusalOf(coordinator_
                                   .Wait<v1::Host>([&](Done<v1::Host> done) {
                                     hosts().DisableHost(coordinator_.admin(), enable,
                                                         std::move(done));
                                   })
                                   .status()),
              Optional(Eq(v1::Refusal::REVOKED)));
}

TEST_F(AdminHostsTest, RevokedOutlivesARestart) {
  const auto host = Seen(1);
  ASSERT_THAT(Revoke({"host-1"}), IsOk());
  coordinator_.Restart();
  EXPECT_THAT(trust::RefusalOf(host->CheckIn().status()), Optional(Eq(v1::Refusal::REVOKED)));
}

TEST_F(AdminHostsTest, MoreThanTenNeedASecondPerson) {
  std::vector<std::string> names;
  for (uint64_t n = 1; n <= 11; ++n) names.push_back(absl::StrCat("host-", n));
  EXPECT_THAT(trust::RefusalOf(Revoke(names).status()), Optional(Eq(v1::Refusal::SECOND_PERSON)));
}

TEST_F(AdminHostsTest, AllOrNoneAreRevoked) {
  const auto host = Seen(1);
  EXPECT_FALSE(Revoke({"host-1", "nobody"}).ok());
  EXPECT_THAT(host->CheckIn(), IsOk());
}

TEST_F(AdminHostsTest, ALabelWithAControlCharacterIsRefused) {
  const auto host = Seen(1);
  EXPECT_THAT(trust::RefusalOf(Label("host-1", "ring", "a\nb").status()),
              Optional(Eq(v1::Refusal::MALFORMED)));
}

TEST_F(AdminHostsTest, EachChangeIsInTheAuditLogWithItsReason) {
  const auto host = Seen(1);
  ASSERT_THAT(Revoke({"host-1"}), IsOk());
  const auto audit = coordinator_.store().ListAudit(0, 1);
  ASSERT_THAT(audit, IsOk());
  EXPECT_EQ(audit->front().entry.action, "host.revoke");
  EXPECT_EQ(audit->front().entry.reason, "stolen");
  EXPECT_EQ(audit->front().entry.actor, "spiffe://corp.example/operator/admin");
}

}  // namespace
}  // namespace mig::coordinator::testing
