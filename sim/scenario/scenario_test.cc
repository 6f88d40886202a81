#include "sim/scenario/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "base/testing/status_matchers.h"
#include "sim/scenario/field_rules.h"
#include "sim/scenario/scenario.pb.h"

namespace mig::sim {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Each line has a number in the tests below.
constexpr char kGood[] = R"(name: "herd"
hosts: 100
duration_s: 60
check_in_every_s: 10
releases {
  version: "1.0"
  components { name: "agent" size_bytes: 4096 }
}
releases {
  version: "1.1"
  components { name: "agent" size_bytes: 4096 }
  components { name: "conf/site.cfg" size_bytes: 10 content: "same" }
  bad_ppm: 1000
  fault: HANGS
}
rollouts {
  release: "1.0"
  waves { upto_ppm: 1000000 }
}
rollouts {
  release: "1.1"
  start_s: 20
  waves { upto_ppm: 100000 opens_s: 20 ramp_s: 5 }
  waves { upto_ppm: 1000000 opens_s: 30 }
}
assertions: "check_ins == 600"
probation_s: 1
)";

std::string Changed(absl::string_view from, absl::string_view to) {
  EXPECT_THAT(std::string(kGood), HasSubstr(std::string(from)));
  return absl::StrReplaceAll(kGood, {{from, to}});
}
std::string With(absl::string_view more) { return absl::StrCat(kGood, more); }

TEST(ScenarioTest, WhatIsWrittenIsWhatIsRun) {
  const auto scenario = ParseScenario("herd.txtpb", kGood, Mode::kLive);

  ASSERT_THAT(scenario, IsOk());
  EXPECT_EQ(scenario->file, "herd.txtpb");
  EXPECT_EQ(scenario->name, "herd");
  EXPECT_EQ(scenario->hosts, 100u);
  EXPECT_EQ(scenario->certificates, 100u);
  EXPECT_EQ(scenario->duration, absl::Minutes(1));
  EXPECT_EQ(scenario->check_in_every, absl::Seconds(10));
  EXPECT_EQ(scenario->probation, absl::Seconds(1));
  ASSERT_EQ(scenario->releases.size(), 2u);
  EXPECT_EQ(scenario->releases[0].components[0].content, "1.0");
  EXPECT_EQ(scenario->releases[1].components[1].content, "same");
  EXPECT_EQ(scenario->releases[1].components[1].size_bytes, 10u);
  EXPECT_EQ(scenario->releases[1].bad_ppm, 1'000u);
  EXPECT_EQ(scenario->releases[1].fault, AgentFault::kHangs);
  ASSERT_EQ(scenario->rollouts.size(), 2u);
  EXPECT_EQ(scenario->rollouts[1].release, 1u);
  EXPECT_EQ(scenario->rollouts[1].start, absl::Seconds(20));
  EXPECT_EQ(scenario->rollouts[1].waves[0].ramp, absl::Seconds(5));
  EXPECT_EQ(scenario->rollouts[1].waves[1].opens, absl::Seconds(30));
  EXPECT_EQ(scenario->rollouts[1].waves[1].line, 24);
  EXPECT_THAT(scenario->assertions, ElementsAre("check_ins == 600"));
}

TEST(ScenarioTest, WhatIsLeftOutHasItsStatedDefault) {
  const std::string text = With(
      "link { latency_ms: 20 } power_cuts { installs_ppm: 5 } coordinator_kills { at_s: 9 } "
      "disk_faults {} loader_kills { installs_ppm: 5 } damage {}");

  const auto scenario = ParseScenario("f", text, Mode::kVirtual);

  ASSERT_THAT(scenario, IsOk());
  EXPECT_EQ(scenario->rollouts[0].start, absl::ZeroDuration());
  EXPECT_EQ(scenario->rollouts[0].halt, std::nullopt);
  EXPECT_EQ(scenario->releases[0].fault, AgentFault::kCrashes);
  EXPECT_EQ(scenario->link.latency, absl::Milliseconds(20));
  EXPECT_TRUE(scenario->link.span.Has(absl::Hours(1)));
  EXPECT_EQ(scenario->power_cuts.off, absl::Seconds(60));
  EXPECT_EQ(scenario->power_cuts.again_ppm, 0u);
  EXPECT_EQ(scenario->disk_faults.full_ppm + scenario->disk_faults.failing_ppm, 0u);
  EXPECT_EQ(scenario->damage.files_ppm + scenario->damage.trust_ppm, 0u);
  EXPECT_EQ(scenario->coordinator_kills[0].down, absl::Seconds(2));
  EXPECT_EQ(scenario->clock_skew, absl::ZeroDuration());
}

TEST(ScenarioTest, TheUsualProbationIsOfTheModeAndNeverLongerThanARunMayTake) {
  const std::string text = Changed("probation_s: 1\n", "");
  const std::string hourly = absl::StrReplaceAll(text, {{"every_s: 10", "every_s: 3600"}});

  EXPECT_EQ(ParseScenario("f", hourly, Mode::kVirtual)->probation, absl::Seconds(60));
  EXPECT_EQ(ParseScenario("f", hourly, Mode::kLive)->probation, absl::Seconds(1));
  EXPECT_EQ(ParseScenario("f", text, Mode::kVirtual)->probation, absl::Seconds(5));
}

TEST(ScenarioTest, ListsInBracketsAndOtherSpellingsOfProtobufAreRead) {
  const std::string text = Changed("assertions: \"check_ins == 600\"",
                                   "assertions: [\"runs == 600\",\n \"check_ins >= 600\"] # a "
                                   "comment\nlink: < latency_ms: 0 >;");

  const auto scenario = ParseScenario("f", text, Mode::kLive);

  ASSERT_THAT(scenario, IsOk());
  EXPECT_EQ(scenario->assertions.size(), 2u);
}

struct Refusal {
  std::string what;  // as a test's name
  std::string text;
  std::string place;  // "LINE: FIELD"
  std::string way_out;
  Mode mode = Mode::kVirtual;
};

std::vector<Refusal> SyntaxRefusals() {
  return {
      {"UnknownField", Changed("hosts: 100", "hots: 100"), "2: hots ", "did you mean hosts?"},
      {"UnknownFieldInside", Changed("opens_s: 30", "open_s: 30"), "24: rollouts.waves.open_s ",
       "did you mean opens_s?"},
      {"UnknownBlock", With("weather { rain: 5 }"), "28: weather ", "there are name, hosts"},
      {"UnknownFieldOnALineOfItsOwn", With("weather\n\n\n: 5"), "28: weather ", "is no field"},
      {"TextForANumber", Changed("hosts: 100", "hosts: \"x\""), "2: hosts ", "write hosts: 500"},
      {"ANegativeNumber", Changed("hosts: 100", "hosts: -1"), "2: hosts ", "write hosts: 500"},
      {"AFraction", Changed("hosts: 100", "hosts: 1.5"), "2: hosts ", "write hosts: 500"},
      {"AnExponent", Changed("hosts: 100", "hosts: 1e3"), "2: hosts ", "write hosts: 500"},
      {"ANumberOf33Bits", Changed("hosts: 100", "hosts: 4294967296"), "2: hosts ",
       "write hosts: 500"},
      {"ANumberForText", Changed("name: \"herd\"", "name: 5"), "1: name ", "write name: \"herd\""},
      {"ANumberForABlock", With("link: 5"), "28: link ", "write link { latency_ms: 20 }"},
      {"AWordForABlock", With("rollouts: all"), "28: rollouts ", "write rollouts {"},
      {"AnUnknownWord", Changed("HANGS", "EXPLODES"), ": releases.fault ", "CRASHES"},
      {"ANumberForAWord", Changed("HANGS", "7"), "14: releases.fault ", "CRASHES"},
      {"TheUnspecifiedWord", Changed("HANGS", "FAULT_UNSPECIFIED"), "14: releases.fault ",
       "CRASHES"},
      {"NoColon", Changed("hosts: 100", "hosts 100"), "2: hosts ", "write hosts: 500"},
      {"NoValue", Changed("probation_s: 1", "probation_s:"), "28: ", "probation_s: 1"},
      {"WrittenTwice", With("hosts: 100"), "28: hosts ", "written twice"},
      {"WrittenTwiceWithAZero", Changed("start_s: 20", "start_s: 0 start_s: 20"),
       "22: rollouts.start_s ", "written twice"},
      {"ABlockWrittenTwice", With("link { }\nlink { }"), "29: link ", "written twice"},
      {"ABlockThatIsNotClosed", With("link {\n latency_ms: 5\n"), "28: link ", "missing"},
      {"ABraceTooFew", Changed("opens_s: 30 }\n}", "opens_s: 30 }\n"), "26: rollouts.assertions ",
       "is a } missing above?"},
      {"ABraceTooMany", With("}"), "28: ", "not expected"},
      {"AFieldsNumber", With("2: 100"), "28: ", "not expected"},
      {"AnExtension", With("[mig.other]: 5"), "28: ", "not expected"},
      {"TextThatIsNotClosed", Changed("\"herd\"", "\"herd"), "1: ", "name"},
      {"AControlCharacter", Changed("hosts: 100", "hosts: \x01"), "2: ", "hosts"},
      {"AnotherAlphabet", Changed("hosts: 100", "hosts: \xC3\xA4"), "2: ", "hosts"},
      {"AZeroByte", With(std::string("# \0", 3)), "28: ", "zero byte"},
      {"TooLong", With(std::string(kMaxScenarioBytes, '#')), "1: ", "longer than 262144 bytes"},
      {"Empty", "", "1: name ", "is missing"},
      {"Binary",
       "\x7f"
       "ELF\x02\x01\x01",
       "1: ", ""},
      {"Toml", "name = \"herd\"\n", "1: name ", "write name: \"herd\""},
      {"Json", "{\"name\": \"herd\"}", "1: ", ""},
  };
}

std::vector<Refusal> FieldRefusals() {
  return {
      {"NoName", Changed("name: \"herd\"", ""), "1: name is missing", "write name: \"herd\""},
      {"AnEmptyName", Changed("\"herd\"", "\"\""), "1: name ", "1 to 64"},
      {"ALongName", Changed("herd", std::string(65, 'a')), "1: name ", "1 to 64"},
      {"ANameWithASlash", Changed("herd", "../herd"), "1: name ", "a to z"},
      {"ANameWithALineBreak", Changed("herd", "herd\\n"), "1: name ", "plain text"},
      {"NoHosts", Changed("hosts: 100", "hosts: 0"), "2: hosts is 0", "1 to 100000"},
      {"TooManyHosts", Changed("hosts: 100", "hosts: 100001"), "2: hosts ", "1 to 100000"},
      {"TooManyHostsLive", Changed("hosts: 100", "hosts: 10001"), "2: hosts ",
       "1 to 10000 with --live", Mode::kLive},
      {"NoDuration", Changed("duration_s: 60", ""), "1: duration_s is missing", "duration_s: 40"},
      {"TooLongARun", Changed("duration_s: 60", "duration_s: 7776001"), "3: duration_s ",
       "1 to 7776000"},
      {"TooLongALiveRun", Changed("duration_s: 60", "duration_s: 3601"), "3: duration_s ",
       "1 to 3600 with --live", Mode::kLive},
      {"CheckInNever", Changed("every_s: 10", "every_s: 0"), "4: check_in_every_s ", "1 to 86400"},
      {"CheckInTooRarely", Changed("every_s: 10", "every_s: 86401"), "4: check_in_every_s ",
       "1 to 86400"},
      {"NoReleases", "name: \"a\" hosts: 1 duration_s: 1 check_in_every_s: 1", "1: releases ",
       "is missing"},
      {"NoVersion", Changed("version: \"1.0\"", ""), "5: releases.version is missing", "1.1"},
      {"AVersionWithAnEscape", Changed("version: \"1.0\"", "version: \"\\033[2J\""),
       "6: releases.version ", "plain text"},
      {"NoComponents", Changed("components { name: \"agent\" size_bytes: 4096 }", ""),
       "5: releases.components is missing", "agent"},
      {"AnEmptyComponent", Changed("size_bytes: 10 ", "size_bytes: 0 "),
       "12: releases.components.size_bytes ", "1 to 67108864"},
      {"ALargeComponent", Changed("size_bytes: 10 ", "size_bytes: 67108865 "),
       "12: releases.components.size_bytes ", "1 to 67108864"},
      {"MoreBadThanAll", Changed("bad_ppm: 1000", "bad_ppm: 1000001"), "13: releases.bad_ppm ",
       "0 to 1000000"},
      {"NoRelease", Changed("release: \"1.0\"", ""), "16: rollouts.release is missing", "1.1"},
      {"NoWaves", Changed("waves { upto_ppm: 1000000 }", ""), "16: rollouts.waves is missing",
       "upto_ppm: 1000000"},
      {"AWaveOfNobody", Changed("upto_ppm: 100000 ", "upto_ppm: 0 "),
       "23: rollouts.waves.upto_ppm ", "1 to 1000000"},
      {"AWaveOfMoreThanAll", Changed("1000000 opens_s: 30", "1000001 opens_s: 30"),
       "24: rollouts.waves.upto_ppm ", "1 to 1000000"},
      {"TooManyCanaries", Changed("start_s: 20", "start_s: 20 canaries: 257"),
       "22: rollouts.canaries ", "0 to 256"},
      {"NoProbation", Changed("probation_s: 1", "probation_s: 0"), "27: probation_s ", "1 to 600"},
      {"TooMuchSkew", With("clock_skew_s: 2592001"), "28: clock_skew_s ", "0 to 2592000"},
      {"TooMuchLatency", With("link {\n latency_ms: 60001 }"), "29: link.latency_ms ",
       "0 to 60000"},
      {"PowerCutsOfNobody", With("power_cuts { off_s: 5 }"), "28: power_cuts.installs_ppm ",
       "is missing"},
      {"OffForEver", With("power_cuts { installs_ppm: 1\n off_s: 604801 }"),
       "29: power_cuts.off_s ", "1 to 604800"},
      {"PowerThatNeverStays", With("power_cuts { installs_ppm: 1\n again_ppm: 900001 }"),
       "29: power_cuts.again_ppm ", "0 to 900000"},
      {"KillsOfNobody", With("loader_kills { from_s: 5 }"), "28: loader_kills.installs_ppm ",
       "is missing"},
      {"MoreThanAllDisks", With("disk_faults { full_ppm: 1000001 }"), "28: disk_faults.full_ppm ",
       "0 to 1000000"},
      {"AKillAtTheBeginning", With("coordinator_kills { at_s: 0 }"), "28: coordinator_kills.at_s ",
       "1 to "},
      {"DownForEver", With("coordinator_kills { at_s: 5 down_s: 3601 }"),
       "28: coordinator_kills.down_s ", "1 to 3600"},
  };
}

std::vector<Refusal> ImpossibleRefusals() {
  return {
      {"MoreCertificatesThanHosts", With("certificates: 101"), "28: certificates is 101",
       "100 or less"},
      {"ProbationAsLongAsTheInterval", Changed("probation_s: 1", "probation_s: 10"),
       "27: probation_s is 10", "less than check_in_every_s"},
      {"ARateThatCannotBeKept", absl::StrReplaceAll(kGood, {{"hosts: 100", "hosts: 2501"}}),
       "4: check_in_every_s is 10", "check_in_every_s: 11", Mode::kLive},
      {"TheSameVersionTwice", Changed("version: \"1.1\"", "version: \"1.0\""),
       "10: releases.version ", "another one"},
      {"AReleaseWithoutAgent", Changed("\"conf/site.cfg\"", "\"agent\""),
       "12: releases.components.name ", "twice"},
      {"AnotherFirstComponent",
       With("releases { version: \"2\"\n components { name: \"configuration\" size_bytes: 1 } }"),
       "29: releases.components.name ", "agent"},
      {"AComponentThatIsAPath", Changed("conf/site.cfg", "conf/../site.cfg"),
       "12: releases.components.name ", "conf/NAME.cfg"},
      {"AComponentNobodyKnows", Changed("conf/site.cfg", "kernel"), "12: releases.components.name ",
       "conf/NAME.cfg"},
      {"AnUnknownRelease", Changed("release: \"1.1\"", "release: \"1.2\""), "21: rollouts.release ",
       "\"1.0\", \"1.1\""},
      {"AnOlderRelease",
       With("rollouts { start_s: 40\n release: \"1.0\"\n"
            "waves { upto_ppm: 1000000 opens_s: 40 } }"),
       "29: rollouts.release ", "\"1.1\" or a later one"},
      {"RolloutsOutOfOrder", Changed("start_s: 20", "start_s: 0"), "22: rollouts.start_s is 0",
       "more than 0"},
      {"ARolloutAfterTheEnd", Changed("start_s: 20", "start_s: 60"), "23: rollouts.waves.opens_s",
       "60 or more"},
      {"ARolloutWhoseWavesFollowItAfterTheEnd",
       With("rollouts { release: \"1.1\"\n start_s: 60\n"
            "waves { upto_ppm: 1000000 opens_s: 60 } }"),
       "29: rollouts.start_s is 60", "less than 60"},
      {"WavesOutOfOrder", Changed("opens_s: 30", "opens_s: 25"), "24: rollouts.waves.opens_s is 25",
       "more than 25"},
      {"WavesThatShrink", Changed("upto_ppm: 100000 ", "upto_ppm: 1000000 "),
       "24: rollouts.waves.upto_ppm ", "more than 1000000"},
      {"AWaveBeforeTheRollout", Changed("opens_s: 20", "opens_s: 19"),
       "23: rollouts.waves.opens_s is 19", "20 or more"},
      {"AWaveWithoutHosts", Changed("upto_ppm: 100000 ", "upto_ppm: 9999 "),
       "23: rollouts.waves.upto_ppm is 9999: a wave without hosts", "10000 or more"},
      {"ALaterWaveWithoutHosts",
       Changed("waves { upto_ppm: 1000000 opens_s: 30 }",
               "waves { upto_ppm: 109999 opens_s: 30 }\nwaves { upto_ppm: 1000000 opens_s: 40 }"),
       "24: rollouts.waves.upto_ppm is 109999: a wave without hosts", "110000 or more"},
      {"ALastWaveWithoutTheRest", Changed("1000000 opens_s: 30", "999999 opens_s: 30"),
       "24: rollouts.waves.upto_ppm ", "1000000"},
      {"MoreCanariesThanHosts", Changed("start_s: 20", "start_s: 20 canaries: 101"),
       "22: rollouts.canaries is 101", "100 or less"},
      {"AWaveWhosePlanHasEnded",
       absl::StrReplaceAll(kGood, {{"duration_s: 60", "duration_s: 7776000"},
                                   {"opens_s: 30", "opens_s: 5097621 ramp_s: 2592000"}}),
       "24: rollouts.waves.opens_s is 5097621", "7689600 or less"},
      {"AHaltBeforeTheStart", Changed("start_s: 20", "start_s: 20 halt_s: 20"),
       "22: rollouts.halt_s is 20", "more than 20"},
      {"AHaltAfterTheEnd", Changed("start_s: 20", "start_s: 20 halt_s: 60"),
       "22: rollouts.halt_s is 60", "less than 60"},
      {"ASpanThatIsNone", With("link { from_s: 20\n until_s: 20 }"), "29: link.until_s is 20",
       "more than 20"},
      {"ASpanAfterTheEnd", With("power_cuts { installs_ppm: 5\n from_s: 60 }"),
       "29: power_cuts.from_s is 60", "less than 60"},
      {"DiskFaultsAfterTheEnd", With("disk_faults { from_s: 60 }"), "28: disk_faults.from_s is 60",
       "less than 60"},
      {"DamageThatIsNone", With("damage { from_s: 20\n until_s: 20 }"), "29: damage.until_s is 20",
       "more than 20"},
      {"AKillAfterTheEnd", With("coordinator_kills { at_s: 60 }"),
       "28: coordinator_kills.at_s is 60", "less than 60"},
      {"AKillOfOneThatIsDown",
       With("coordinator_kills { at_s: 20 down_s: 10 }\ncoordinator_kills { at_s: 30 }"),
       "29: coordinator_kills.at_s is 30", "more than 30"},
      {"KillsOutOfOrder", With("coordinator_kills { at_s: 20 }\ncoordinator_kills { at_s: 10 }"),
       "29: coordinator_kills.at_s is 10", "more than 22"},
      {"AnUnknownFigure", Changed("check_ins == 600", "checkins == 600"), "26: assertions ",
       "there is no figure checkins"},
      {"AnUnknownFigureInALine", With("assertions: [\n\"runs == 1\",\n\"run == 1\"]"),
       "28: assertions ", "there is no figure run"},
      {"AFigureOfTheOtherMode", Changed("check_ins == 600", "handshakes_full == 600"),
       "26: assertions ", "--live only"},
      {"TooManyAssertions", With([] {
         std::string lines;
         for (int i = 0; i < 64; ++i) absl::StrAppend(&lines, "assertions: \"runs > 0\"\n");
         return lines;
       }()),
       "91: assertions ", "0 to 64"},
      {"MoreBytesThanMemory", With([] {
         std::string lines =
             "releases { version: \"3\"\n"
             "components { name: \"agent\" size_bytes: 67108864 }\n";
         for (int i = 0; i < 16; ++i) {
           absl::StrAppend(&lines, "components { name: \"conf/", i,
                           ".cfg\" size_bytes: 67108864 }\n");
         }
         return lines + "}";
       }()),
       "44: releases.components.size_bytes ", "write less"},
  };
}

std::vector<Refusal> LiveRefusals() {
  const auto fault = [](std::string what, std::string text, std::string place) {
    return Refusal{std::move(what), With(text), std::move(place), "--virtual", Mode::kLive};
  };
  return {
      fault("LiveLatency", "link { latency_ms: 1 }", "28: link.latency_ms "),
      fault("LiveJitter", "link { jitter_ms: 1 }", "28: link.jitter_ms "),
      fault("LiveLoss", "link { lost_ppm: 1 }", "28: link.lost_ppm "),
      fault("LiveCuts", "link { cut_ppm: 1 }", "28: link.cut_ppm "),
      fault("LivePowerCuts", "power_cuts { installs_ppm: 1 }", "28: power_cuts.installs_ppm "),
      fault("LiveFullDisks", "disk_faults { full_ppm: 1 }", "28: disk_faults.full_ppm "),
      fault("LiveFailingDisks", "disk_faults { failing_ppm: 1 }", "28: disk_faults.failing_ppm "),
      fault("LiveKills", "loader_kills { installs_ppm: 1 }", "28: loader_kills.installs_ppm "),
      fault("LiveDamage", "damage { files_ppm: 1 }", "28: damage.files_ppm "),
      fault("LiveSkew", "clock_skew_s: 1", "28: clock_skew_s "),
  };
}

class RefusedScenarioTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedScenarioTest, InOneLineWithFileLineFieldAndWayOut) {
  const Refusal& refusal = GetParam();

  const auto scenario = ParseScenario("herd.txtpb", refusal.text, refusal.mode);

  ASSERT_THAT(scenario, StatusIs(absl::StatusCode::kInvalidArgument,
                                 AllOf(StartsWith("herd.txtpb:"), HasSubstr(refusal.place),
                                       HasSubstr(refusal.way_out))));
  const std::string message(scenario.status().message());
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_LT(message.size(), 500u) << message;
  EXPECT_THAT(message, ::testing::Not(HasSubstr("mig.sim.v1"))) << "Protobuf's words, raw";
}

std::string NameOf(const ::testing::TestParamInfo<Refusal>& info) { return info.param.what; }

INSTANTIATE_TEST_SUITE_P(Syntax, RefusedScenarioTest, ::testing::ValuesIn(SyntaxRefusals()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Fields, RefusedScenarioTest, ::testing::ValuesIn(FieldRefusals()), NameOf);
INSTANTIATE_TEST_SUITE_P(Impossible, RefusedScenarioTest, ::testing::ValuesIn(ImpossibleRefusals()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Live, RefusedScenarioTest, ::testing::ValuesIn(LiveRefusals()), NameOf);

TEST(ScenarioTest, EachFieldHasARule) {
  std::vector<const google::protobuf::Descriptor*> types = {v1::Scenario::GetDescriptor()};
  for (size_t i = 0; i < types.size(); ++i) {
    for (int f = 0; f < types[i]->field_count(); ++f) {
      const google::protobuf::FieldDescriptor& field = *types[i]->field(f);
      EXPECT_FALSE(RuleOf(field).example.empty()) << field.full_name();
      if (field.message_type() != nullptr) types.push_back(field.message_type());
    }
  }
}

TEST(ScenarioTest, ATextThatIsCutAnywhereIsRefused) {
  const std::string text = kGood;
  // Then there is one whole rollout, and with it a scenario.
  for (size_t size = 0; size < text.find("}\nrollouts {\n  release: \"1.1\""); ++size) {
    const auto scenario = ParseScenario("f", text.substr(0, size), Mode::kVirtual);
    ASSERT_THAT(scenario, StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("f:"))) << size;
  }
}

}  // namespace
}  // namespace mig::sim
