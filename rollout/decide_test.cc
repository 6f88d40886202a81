#include "rollout/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "rollout/testing/test_facts.h"
#include "rollout/testing/test_world.h"
#include "trust/seen.h"
#include "trust/trusted_state.h"

namespace mig::rollout {
namespace {

using ::testing::HasSubstr;
using testing::HostIdOf;
using testing::Monday;
using testing::Ms;
using testing::TestEnvironment;
using testing::TestFacts;
using testing::TestHost;
using testing::TestWorld;

std::string Text(const base::Digest& digest) { return std::string(digest.bytes()); }

class DecideTest : public ::testing::Test {
 protected:
  DecideTest() {
    host_.Hold(v117_);
    host_.Hold(v118_);
    host_.Hold(v119_);
  }

  ProductDecision Agent(absl::Time now) { return Agent(Clocks::All(now)); }
  ProductDecision Agent(const Clocks& clocks = Clocks::All(Monday() + absl::Hours(2))) {
    return *Decide(host_.documents, host_.view, clocks).product("agent");
  }
  static std::string Why(const ProductDecision& decision) {
    return absl::StrCat(v1::Refusal::Code_Name(decision.code), " ",
                        decision.evidence.empty() ? "" : decision.evidence.front().text);
  }

  // Another plan of the same products, which opens on Thursday and names `base`.
  const CheckedPlan& Later(uint64_t sequence, const CheckedManifest& target,
                           const CheckedPlan& base) {
    return world_.Plan(sequence, target, [&](v1::Plan& plan) {
      plan.set_base(Text(base.digest()));
      plan.mutable_waves(0)->set_not_before_ms(Ms(Monday() + absl::Hours(72)));
    });
  }

  void SetRoot(const TestWorld::RootChange& change) {
    other_root_ = std::make_unique<TestWorld>(change);
    host_.documents.root = &other_root_->root();
  }

  TestWorld world_;
  std::unique_ptr<TestWorld> other_root_;
  const CheckedManifest& v117_ = world_.Manifest("agent", 117);
  const CheckedManifest& v118_ = world_.Manifest("agent", 118);
  const CheckedManifest& v119_ = world_.Manifest("agent", 119);
  TestHost host_{world_, HostIdOf('\1')};
};

TEST_F(DecideTest, AnAdmittedHostInstallsTheTarget) {
  const CheckedPlan& plan = world_.Plan(61, v118_);
  host_.Hold(StreamPlans{.newest = &plan});
  const ProductDecision decision = Agent();
  EXPECT_EQ(decision.code, v1::Refusal::NONE);
  EXPECT_EQ(decision.manifest, v118_.digest());
  EXPECT_EQ(decision.variant, 0u);
  EXPECT_EQ(decision.plan, plan.digest());
}

TEST_F(DecideTest, WithoutAPlanThereIsNothing) {  // ADVERSARY 46
  EXPECT_EQ(Agent().code, v1::Refusal::NO_PLAN);
  EXPECT_TRUE(Agent().evidence.empty());
}

TEST_F(DecideTest, WhatIsInstalledStays) {  // ADVERSARY 40, 81
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, v118_)});
  host_.Install(v118_);
  EXPECT_EQ(Agent().code, v1::Refusal::ALREADY_INSTALLED);
  // Also after its plan has ended.
  EXPECT_EQ(Agent(Monday() + absl::Hours(24 * 200)).code, v1::Refusal::ALREADY_INSTALLED);
}

TEST_F(DecideTest, AManifestBelowSeenIsRefused) {  // ADVERSARY 39
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, v118_)});
  host_.Install(v119_);
  EXPECT_THAT(Why(Agent()), HasSubstr("BELOW_SEEN manifest agent 118 is older than 119"));
}

TEST_F(DecideTest, APlanBelowSeenOrBesideItIsRefused) {  // ADVERSARY 39, 40
  const CheckedPlan& plan = world_.Plan(61, v118_);
  host_.Hold(StreamPlans{.newest = &plan});
  host_.state.streams["main"].seen = {.numbers = {.epoch = 0, .sequence = 62}};
  EXPECT_THAT(Why(Agent()), HasSubstr("BELOW_SEEN stream main: plan 61"));
  host_.state.streams["main"].seen = {.numbers = {.epoch = 0, .sequence = 61}};
  EXPECT_THAT(Why(Agent()), HasSubstr("EQUIVOCATION"));
  host_.state.streams["main"].seen.digest = plan.digest();
  EXPECT_EQ(Agent().code, v1::Refusal::NONE);
}

// ADVERSARY 61: re-signed with another seed, target or first issue.
TEST_F(DecideTest, OneRolloutWithTwoMeaningsIsRefused) {
  const CheckedPlan& first = world_.Plan(61, v118_);
  trust::MoveSeen(host_.state, *host_.documents.root, first.verified());
  const auto resigned = [&](const CheckedManifest& target, const TestWorld::PlanChange& change) {
    const CheckedPlan& plan = world_.Plan(62, target, [&](v1::Plan& message) {
      message.set_rollout(std::string(first.plan().rollout().bytes()));
      message.set_cohort_seed(std::string(first.plan().cohort_seed().bytes()));
      change(message);
    });
    host_.documents.streams.clear();
    host_.Hold(StreamPlans{.newest = &plan});
    return Agent().code;
  };
  EXPECT_EQ(resigned(v118_, [](v1::Plan&) {}), v1::Refusal::NONE);
  EXPECT_EQ(resigned(v118_, [](v1::Plan& p) { p.set_cohort_seed(std::string(32, 's')); }),
            v1::Refusal::EQUIVOCATION);
  EXPECT_EQ(resigned(v119_, [](v1::Plan&) {}), v1::Refusal::EQUIVOCATION);
  EXPECT_EQ(resigned(v118_, [](v1::Plan& p) { p.set_first_issued_ms(p.first_issued_ms() - 1); }),
            v1::Refusal::EQUIVOCATION);
}

TEST_F(DecideTest, TheBaseStandsUntilTheNewestPlanAdmits) {  // ADVERSARY 65
  const CheckedPlan& base = world_.Plan(60, v117_);
  const CheckedPlan& newest = Later(61, v118_, base);
  host_.Hold(StreamPlans{.newest = &newest, .base = &base});

  const ProductDecision fresh = Agent();
  EXPECT_EQ(fresh.code, v1::Refusal::NONE);
  EXPECT_EQ(fresh.plan, base.digest());
  EXPECT_EQ(fresh.manifest, v117_.digest());
  ASSERT_EQ(fresh.evidence.size(), 2u);
  EXPECT_EQ(fresh.evidence[1].code, v1::Refusal::TOO_EARLY);

  host_.Install(v117_);
  EXPECT_EQ(Agent().code, v1::Refusal::TOO_EARLY);  // it has what the base names
  EXPECT_EQ(Agent(Monday() + absl::Hours(72)).plan, newest.digest());
}

TEST_F(DecideTest, HaltedTheBaseGoesToHostsWithoutTheTarget) {  // ADVERSARY 65
  const CheckedPlan& base = world_.Plan(60, v117_);
  const CheckedPlan& newest = Later(61, v118_, base);
  for (const RolloutState state : {RolloutState::kHalted, RolloutState::kNotStarted}) {
    host_.documents.streams.clear();
    host_.Hold(StreamPlans{.newest = &newest, .state = state, .base = &base});
    EXPECT_EQ(Agent(Monday() + absl::Hours(80)).plan, base.digest());
  }
  host_.documents.streams[0].state = RolloutState::kHalted;
  host_.documents.streams[0].base = nullptr;
  EXPECT_EQ(Agent(Monday() + absl::Hours(80)).code, v1::Refusal::HALTED);
  host_.documents.streams[0].base = &base;

  host_.Install(v118_);
  const ProductDecision has_target = Agent(Monday() + absl::Hours(80));
  EXPECT_EQ(has_target.code, v1::Refusal::ALREADY_INSTALLED);
  EXPECT_EQ(has_target.evidence.size(), 1u);  // the base is not even asked
}

TEST_F(DecideTest, ABaseMustBeInItsOwnBaseline) {
  const CheckedPlan& base = world_.Plan(
      60, v117_, [](v1::Plan& plan) { plan.mutable_waves(0)->set_soak_ms(Ms(absl::Hours(24))); });
  const CheckedPlan& newest = Later(61, v118_, base);
  host_.Hold(StreamPlans{.newest = &newest, .base = &base});
  EXPECT_EQ(Agent(Monday() + absl::Hours(23)).code, v1::Refusal::TOO_EARLY);
  EXPECT_EQ(Agent(Monday() + absl::Hours(23)).evidence[1].code, v1::Refusal::BASE);
  EXPECT_EQ(Agent(Monday() + absl::Hours(24)).plan, base.digest());
}

TEST_F(DecideTest, OnlyTheBaseThatIsNamedStands) {
  const CheckedPlan& named = world_.Plan(59, v117_);
  const CheckedPlan& other = world_.Plan(60, v117_);
  host_.Hold(StreamPlans{.newest = &Later(61, v118_, named), .base = &other});
  EXPECT_EQ(Agent().code, v1::Refusal::TOO_EARLY);
  EXPECT_EQ(Agent().evidence[1].code, v1::Refusal::BASE);
}

TEST_F(DecideTest, AnEndedPlanStillHasItsBase) {
  const CheckedPlan& base = world_.Plan(60, v117_);
  const CheckedPlan& newest = world_.Plan(61, v118_, [&](v1::Plan& plan) {
    plan.set_base(Text(base.digest()));
    plan.clear_baseline_until_ms();
  });
  host_.Hold(StreamPlans{.newest = &newest, .base = &base});
  EXPECT_EQ(Agent().plan, newest.digest());
  EXPECT_EQ(Agent(Monday() + absl::Hours(24 * 20)).plan, base.digest());
  // Both have ended.
  EXPECT_EQ(Agent(Monday() + absl::Hours(24 * 91)).code, v1::Refusal::EXPIRED);
}

class StreamsTest : public DecideTest {
 protected:
  const CheckedPlan& InStream(absl::string_view stream, const CheckedManifest& target,
                              uint32_t priority, absl::string_view filter = "") {
    return world_.Plan(++sequence_, target, [&](v1::Plan& plan) {
      plan.set_stream(std::string(stream));
      plan.set_priority(priority);
      plan.set_filter(std::string(filter));
    });
  }
  uint64_t sequence_ = 60;
};

TEST_F(StreamsTest, DisjointFiltersGiveEachHostItsOwnInAnyOrder) {  // ADVERSARY 66
  const CheckedPlan& debian = InStream("hotfix", v118_, 0, "distribution = \"debian\"");
  const CheckedPlan& ubuntu = InStream("main", v119_, 9, "distribution = \"ubuntu\"");
  host_.Hold(StreamPlans{.newest = &ubuntu});
  host_.Hold(StreamPlans{.newest = &debian});
  EXPECT_EQ(Agent().plan, debian.digest());

  v1::Environment environment = TestEnvironment();
  environment.set_distribution("ubuntu");
  host_.facts = TestFacts(environment);
  EXPECT_EQ(Agent().plan, ubuntu.digest());
}

TEST_F(StreamsTest, ThePriorityDecidesThenTheLesserName) {  // ADVERSARY 66
  const CheckedPlan& hotfix = InStream("hotfix", v118_, 1);
  const CheckedPlan& main = InStream("main", v119_, 2);
  const CheckedPlan& equal = InStream("main", v119_, 1);
  host_.Hold(StreamPlans{.newest = &hotfix});
  host_.Hold(StreamPlans{.newest = &main});
  const ProductDecision decision = Agent();
  EXPECT_EQ(decision.plan, main.digest());
  ASSERT_EQ(decision.evidence.size(), 2u);
  EXPECT_EQ(decision.evidence[1].code, v1::Refusal::OTHER_STREAM);
  EXPECT_EQ(decision.evidence[1].text, "stream main speaks for it here");

  host_.documents.streams[1].newest = &equal;
  EXPECT_EQ(Agent().plan, hotfix.digest());
}

TEST_F(StreamsTest, TheStreamThatSpeaksDecidesAlsoWhileItAdmitsNobody) {
  const CheckedPlan& main = InStream("main", v118_, 0);
  const CheckedPlan& hotfix = world_.Plan(62, v119_, [](v1::Plan& plan) {
    plan.set_stream("hotfix");
    plan.set_priority(5);
    plan.mutable_waves(0)->set_not_before_ms(Ms(Monday() + absl::Hours(72)));
    plan.clear_baseline_until_ms();
  });
  host_.Hold(StreamPlans{.newest = &main});
  host_.Hold(StreamPlans{.newest = &hotfix});
  EXPECT_EQ(Agent().code, v1::Refusal::TOO_EARLY);
  EXPECT_EQ(Agent(Monday() + absl::Hours(72)).plan, hotfix.digest());
  // Once it has ended it speaks no more.
  EXPECT_EQ(Agent(Monday() + absl::Hours(24 * 14)).plan, main.digest());
}

TEST_F(DecideTest, AReleaseThatFailedHereWaitsForALaterPlan) {  // ADVERSARY 80
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, v118_)});
  host_.Install(v117_);
  trust::MarkBad(host_.state.products["agent"], {.manifest = v118_.digest(),
                                                 .code = v1::Refusal::EXIT,
                                                 .plan_issued = Monday(),
                                                 .exit_status = 139});
  EXPECT_THAT(Why(Agent()), HasSubstr("BAD_HERE agent 1.118.0 failed on this host (EXIT_139)"));

  const auto retried = [&](absl::Duration issued_later) {
    const CheckedPlan& plan = world_.Plan(62, v118_, [&](v1::Plan& message) {
      message.add_retry(Text(v118_.digest()));
      message.set_issued_ms(Ms(Monday() + issued_later));
    });
    host_.documents.streams[0].newest = &plan;
    return Agent().code;
  };
  EXPECT_EQ(retried(absl::ZeroDuration()), v1::Refusal::BAD_HERE);
  EXPECT_EQ(retried(absl::Milliseconds(1)), v1::Refusal::NONE);
}

TEST_F(DecideTest, AHostThatFailedDoesNotFallToTheBase) {
  const CheckedPlan& base = world_.Plan(60, v117_);
  const CheckedPlan& newest =
      world_.Plan(61, v118_, [&](v1::Plan& plan) { plan.set_base(Text(base.digest())); });
  host_.Hold(StreamPlans{.newest = &newest, .base = &base});
  trust::MarkBad(host_.state.products["agent"],
                 {.manifest = v118_.digest(), .code = v1::Refusal::PROBE, .plan_issued = Monday()});
  EXPECT_EQ(Agent().code, v1::Refusal::BAD_HERE);
}

TEST_F(DecideTest, RequirementsComeFirst) {  // ADVERSARY 67
  const CheckedManifest& loader = world_.Manifest("loader", 19);
  const CheckedManifest& needy = world_.Manifest("agent", 120, [](v1::Manifest& manifest) {
    v1::Requirement& requirement = *manifest.add_requirements();
    requirement.set_product("loader");
    requirement.set_sequence(19);
  });
  host_.Hold(needy);
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, needy)});
  EXPECT_THAT(Why(Agent()), HasSubstr("REQUIRES agent 1.120.0 requires loader at sequence 19 or "
                                      "later, none is known"));
  host_.Install(world_.Manifest("loader", 18));
  EXPECT_THAT(Why(Agent()), HasSubstr("loader 1.18.0, sequence 18, is installed"));
  host_.Install(loader);
  EXPECT_EQ(Agent().code, v1::Refusal::NONE);
}

TEST_F(DecideTest, FloorWithdrawalEpochAndProductsOfTheRoot) {  // ADVERSARY 20, 41, 42, 68
  const CheckedPlan& base = world_.Plan(60, v117_);
  const CheckedPlan& newest =
      world_.Plan(61, v118_, [&](v1::Plan& plan) { plan.set_base(Text(base.digest())); });
  host_.Hold(StreamPlans{.newest = &newest, .base = &base});

  SetRoot([](v1::Root& root) { root.mutable_products(0)->set_floor(119); });
  EXPECT_EQ(Agent().code, v1::Refusal::BELOW_FLOOR);
  SetRoot([&](v1::Root& root) { root.mutable_products(0)->add_withdrawn(Text(v118_.digest())); });
  EXPECT_EQ(Agent().plan, base.digest());  // the target is gone, the base stands
  host_.Install(v118_);
  EXPECT_EQ(Agent().code, v1::Refusal::WITHDRAWN);  // kept and reported
  SetRoot([](v1::Root& root) { root.mutable_products(0)->set_epoch(1); });
  EXPECT_EQ(Agent().code, v1::Refusal::EPOCH);
  SetRoot([](v1::Root& root) { root.mutable_products()->DeleteSubrange(0, 1); });
  EXPECT_EQ(Agent().code, v1::Refusal::NOT_IN_ROOT);
  SetRoot([](v1::Root& root) { root.mutable_streams()->DeleteSubrange(1, 1); });
  EXPECT_EQ(Agent().code, v1::Refusal::NOT_IN_ROOT);
}

class VariantsTest : public DecideTest {
 protected:
  // Variant 0 for Ubuntu, 1 for the site Berlin, 2 for all Debian hosts.
  const CheckedManifest& many_ = world_.Manifest("agent", 120, [](v1::Manifest& manifest) {
    manifest.mutable_variants(0)->set_filter("distribution = \"ubuntu\"");
    *manifest.add_variants() = manifest.variants(0);
    *manifest.add_variants() = manifest.variants(0);
    manifest.mutable_variants(1)->set_filter("tags.site = \"ber\"");
    manifest.mutable_variants(2)->set_filter("distribution = \"debian\"");
  });
  VariantsTest() {
    host_.Hold(many_);
    host_.Hold(StreamPlans{.newest = &world_.Plan(61, many_)});
  }
  void MoveTo(absl::string_view distribution, absl::string_view site) {
    v1::Environment environment = TestEnvironment();
    environment.set_distribution(std::string(distribution));
    environment.mutable_tags(1)->set_value(std::string(site));
    host_.facts = TestFacts(environment);
  }
};

TEST_F(VariantsTest, TheFirstThatIsTrueIsTheHosts) {  // ADVERSARY 74
  EXPECT_EQ(Agent().variant, 1u);
  MoveTo("debian", "muc");
  EXPECT_EQ(Agent().variant, 2u);
  MoveTo("ubuntu", "ber");
  EXPECT_EQ(Agent().variant, 0u);
}

TEST_F(VariantsTest, NoneIsNothingAndLeavesWhatIsThere) {  // ADVERSARY 74
  MoveTo("fedora", "muc");
  EXPECT_THAT(Why(Agent()), HasSubstr("NO_VARIANT agent 1.120.0 has 3 variants"));
  host_.Install(many_, 2);
  EXPECT_EQ(Agent().code, v1::Refusal::NO_VARIANT);
}

TEST_F(VariantsTest, AnotherVariantIsAnInstallOnceADay) {
  host_.Install(many_, 1);
  EXPECT_EQ(Agent().code, v1::Refusal::ALREADY_INSTALLED);

  MoveTo("debian", "muc");
  EXPECT_EQ(Agent().code, v1::Refusal::NONE);
  EXPECT_EQ(Agent().variant, 2u);

  host_.state.products["agent"].variant_changed = Monday() - absl::Hours(2);
  const absl::Time again = Monday() + absl::Hours(22);
  EXPECT_EQ(Agent().code, v1::Refusal::VARIANT_LIMIT);
  EXPECT_EQ(Agent(again - absl::Milliseconds(1)).code, v1::Refusal::VARIANT_LIMIT);
  EXPECT_EQ(Agent(again - absl::Milliseconds(1)).valid_until, again);
  EXPECT_EQ(Agent(again).code, v1::Refusal::NONE);
}

TEST_F(VariantsTest, HaltedAHostWithTheTargetChangesNoVariantByTheBaseEither) {
  const CheckedPlan& base = world_.Plan(62, many_);
  const CheckedPlan& newest = Later(63, many_, base);
  host_.documents.streams[0] =
      StreamPlans{.newest = &newest, .state = RolloutState::kHalted, .base = &base};
  EXPECT_EQ(Agent().plan, base.digest());
  host_.Install(many_, 2);
  EXPECT_EQ(Agent().code, v1::Refusal::HALTED);
}

TEST_F(DecideTest, AMissingManifestIsSaidSo) {
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, v118_)});
  host_.documents.manifests.clear();
  EXPECT_EQ(Agent().code, v1::Refusal::MISSING_DOCUMENT);
}

TEST_F(DecideTest, APlanThatNamesAManifestOfAnotherProductIsRefused) {  // ADVERSARY 74
  const CheckedManifest& loader = world_.Manifest("loader", 19);
  host_.Hold(loader);
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, loader, [](v1::Plan& plan) {
    plan.mutable_items(0)->set_product("agent");
  })});
  EXPECT_EQ(Agent().code, v1::Refusal::PRODUCT);
}

}  // namespace
}  // namespace mig::rollout
