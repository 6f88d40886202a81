// Arguments to exit status: what a person or a unit file meets.

#include "loader/cli/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/inline_executor.h"
#include "base/testing/seeded_random.h"
#include "base/version.h"
#include "loader/cli/command_line.h"
#include "loader/run/testing/run_test_base.h"
#include "loader/services/services_by_activation.h"

namespace mig::loader {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr absl::string_view kConfig = R"(
coordinators = ["mig.corp.example:8443"]
trust_domain = "corp.example"
interval = "3h"
)";

// Seams of the test's own, lent out.
class LentFacts : public HostFacts {
 public:
  explicit LentFacts(HostFacts& facts) : facts_(facts) {}
  v1::Environment Environment() override { return facts_.Environment(); }
  int32_t UtcOffsetMinutes(absl::Time now) override { return facts_.UtcOffsetMinutes(now); }
  absl::StatusOr<std::string> MachineId() override { return facts_.MachineId(); }

 private:
  HostFacts& facts_;
};

class LentServices : public ServicesByActivation {
 public:
  explicit LentServices(Services& services) : ServicesByActivation(services, services, services) {}
};

class LentConnector : public Connector {
 public:
  explicit LentConnector(Connector& connector) : connector_(connector) {}
  absl::StatusOr<std::unique_ptr<CoordinatorClient>> ToCoordinator(
      const ServerAddress& server, const IdentityPem& identity) override {
    return connector_.ToCoordinator(server, identity);
  }
  absl::StatusOr<std::unique_ptr<EnrollmentClient>> ToEnrollment(
      const ServerAddress& server) override {
    return connector_.ToEnrollment(server);
  }

 private:
  Connector& connector_;
};

class ProgramTest : public testing::RunTest {
 protected:
  ProgramTest() {
    host_.Put("/etc/mig-loader/loader.toml", kConfig);
    host_.Put("/root/token", trust::PrintToken(coordinator_.NewToken()) + "\n", 0600);
  }

  Answer Type(absl::string_view line) {
    const std::vector<std::string> arguments = absl::StrSplit(line, ' ', absl::SkipEmpty());
    const auto read = ReadCommandLine(arguments);
    if (const auto* farewell = std::get_if<Farewell>(&read)) {
      return {.screen = farewell->screen, .exit_code = farewell->exit_code};
    }
    const Machine machine{
        .clock = clock_,
        .random = random_,
        .disk = host_.disk(),
        .executor = executor_,
        .make_facts = [this](const Config&) { return std::make_unique<LentFacts>(host_.facts()); },
        .make_services =
            [this](const Config&) { return std::make_unique<LentServices>(host_.services()); },
        .make_connector =
            [this](const Config&) { return std::make_unique<LentConnector>(coordinator_); }};
    return RunCommand(machine, std::get<Command>(read));
  }

  // One line that says `what`, status 2, and the disk as it was.
  void ExpectUsage(absl::string_view line, const std::string& what) {
    const std::vector<std::string> before = host_.disk().SeenImage().Describe();
    const Answer answer = Type(line);
    EXPECT_EQ(answer.exit_code, 2) << line;
    EXPECT_THAT(answer.screen.err, AllOf(StartsWith("mig-loader: "), HasSubstr(what))) << line;
    EXPECT_EQ(std::count(answer.screen.err.begin(), answer.screen.err.end(), '\n'), 1) << line;
    EXPECT_THAT(answer.screen.out, IsEmpty()) << line;
    EXPECT_EQ(host_.disk().SeenImage().Describe(), before) << line;
  }

  base::testing::SeededRandom random_{base::testing::Seed(1)};
  base::InlineExecutor executor_;
};

TEST_F(ProgramTest, HelpHasExamplesForEveryVerb) {
  EXPECT_THAT(Type("--help").screen.out, AllOf(HasSubstr("Examples"), HasSubstr("Exit codes")));
  for (const std::string verb : {"run", "status", "explain", "environment", "enroll", "recover"}) {
    const Answer answer = Type(verb + " --help");
    EXPECT_EQ(answer.exit_code, 0);
    EXPECT_THAT(answer.screen.out, AllOf(HasSubstr("Example"), HasSubstr("mig-loader " + verb),
                                         HasSubstr("--config FILE, -o text|json")));
  }
  EXPECT_EQ(Type("--version").screen.out, absl::StrCat(base::kVersion, "\n"));
}

TEST_F(ProgramTest, WrongArgumentsAreOneLineAndChangeNothing) {
  ExpectUsage("", "a verb is missing");
  ExpectUsage("frobnicate", "--help");
  ExpectUsage("run --never", "--never");
  ExpectUsage("run --now --dry-run", "exclude");
  ExpectUsage("status -o yaml", "yaml");
  for (const std::string flag : {"run --now", "run --dry-run", "run --detailed-exit-code",
                                 "--detailed-exit-code", "run --help", "--help", "--version"}) {
    for (const std::string value : {"=5", "=true", "=0", "="}) {
      ExpectUsage(flag + value, "takes no value");
    }
  }
  ExpectUsage("enroll", "--token-file");
  ExpectUsage("enroll --token-file /root/token --ca 12", "64 hex digits");
  ExpectUsage("enroll --token-file /root/nothing", "/root/nothing");
  ExpectUsage("enroll --token-file /etc/mig-loader/loader.toml", "/etc/mig-loader/loader.toml");
  ExpectUsage("status --config /etc/nothing.toml", "/etc/nothing.toml");
}

TEST_F(ProgramTest, AWrongConfigurationIsOneLineWithFileAndLine) {
  host_.Put("/etc/mig-loader/loader.toml", absl::StrCat(kConfig, "tpyo = 1\n"));
  ExpectUsage("run --now", "/etc/mig-loader/loader.toml:5");
  host_.Put("/etc/mig-loader/loader.toml", kConfig);
  host_.Put("/etc/mig-loader/dictionary.toml", "[product.agent]\nactivation = \"magic\"\n");
  ExpectUsage("run --now", "/etc/mig-loader/dictionary.toml:2");
}

TEST_F(ProgramTest, AWholeLifeInWords) {
  EXPECT_EQ(Type("status").exit_code, 3);
  EXPECT_EQ(Type("run --now").exit_code, 3);
  const Answer enrolled = Type("enroll --token-file /root/token");
  EXPECT_EQ(enrolled.exit_code, 0) << enrolled.screen.err;
  EXPECT_THAT(enrolled.screen.out, HasSubstr("Next: mig-loader run --now"));
  coordinator_.Roll(1, Release("1.1"));

  const Answer installed = Type("run --now --detailed-exit-code");
  EXPECT_EQ(installed.exit_code, 20) << installed.screen.err;
  EXPECT_THAT(installed.screen.out, HasSubstr("agent 1.1: installed"));
  const Answer nothing = Type("run --now --detailed-exit-code");
  EXPECT_EQ(nothing.exit_code, 0);
  EXPECT_THAT(nothing.screen.out, HasSubstr("nothing to do"));
  EXPECT_THAT(Type("run").screen.out, HasSubstr("not due; next "));
  EXPECT_THAT(Type("status").screen.out,
              AllOf(HasSubstr("agent 1.1 healthy"), HasSubstr("root 1"), HasSubstr("plan main 1"),
                    HasSubstr("journal clean"), Not(HasSubstr("TRIAL"))));
  EXPECT_THAT(Type("explain").screen.out, HasSubstr("lap-0193"));
  EXPECT_THAT(Type("recover").screen.out, HasSubstr("nothing to recover"));
}

TEST_F(ProgramTest, JsonIsOneObjectALine) {
  Type("enroll --token-file /root/token -o json");
  coordinator_.Roll(1, Release("1.1"));
  EXPECT_THAT(Type("-o json run --now").screen.out,
              AllOf(HasSubstr("\"exitCode\":0"), HasSubstr("\"change\":\"installed\""),
                    HasSubstr("\"version\":\"1.1\"")));
  EXPECT_THAT(Type("status -o json").screen.out,
              AllOf(HasSubstr("\"journal\":\"clean\""), HasSubstr("\"plans\":{\"main\":1}")));
  EXPECT_THAT(Type("explain -o json").screen.out, HasSubstr("\"headline\":"));
  EXPECT_THAT(Type("environment -o json").screen.out, HasSubstr("\"hostname\":\"lap-0193\""));
  EXPECT_THAT(Type("recover -o json").screen.out, HasSubstr("\"products\":[]"));
}

// The keys of protobuf's JSON, each there whatever its value is: a script asks for no key in vain.
TEST_F(ProgramTest, JsonHasTheSameKeysWhateverThereIs) {
  const std::string environment = Type("environment -o json").screen.out;
  EXPECT_THAT(environment,
              AllOf(HasSubstr("\"utcOffsetMin\":"), HasSubstr("\"tags\":["),
                    HasSubstr("\"addresses\":["), HasSubstr("\"distributionVersion\":"),
                    HasSubstr("\"loaderVersion\":"), Not(HasSubstr("utc_offset_min"))));
  EXPECT_THAT(ShowEnvironment({}, Format::kJson).out,
              AllOf(HasSubstr("\"utcOffsetMin\":0"), HasSubstr("\"tags\":[]"),
                    HasSubstr("\"addresses\":[]"), HasSubstr("\"hostname\":\"\""),
                    Not(HasSubstr("\"proxied\":false"))));  // not known
  EXPECT_THAT(ShowStatus({.products = {{.product = "agent"}}}, clock_.WallNow(), Format::kJson).out,
              AllOf(HasSubstr("\"release\":null"), HasSubstr("\"healthSince\":null"),
                    HasSubstr("\"code\":\"NONE\""), HasSubstr("\"lastRun\":null"),
                    HasSubstr("\"certificateExpires\":null"), HasSubstr("\"notes\":[]"),
                    HasSubstr("\"wavesClosedUntil\":null"), HasSubstr("\"reportsWaiting\":0"),
                    HasSubstr("\"plans\":{}")));
  EXPECT_THAT(
      ShowRun({}, RunKind::kRun, Format::kJson).out,
      AllOf(HasSubstr("\"products\":[]"), HasSubstr("\"notes\":[]"), HasSubstr("\"next\":null"),
            HasSubstr("\"refusal\":null"), HasSubstr("\"unreached\":null")));
  EXPECT_THAT(ShowExplanation({}, Format::kJson).out, HasSubstr("\"products\":[]"));
  const SelfExplanation of_two = {
      .products = {{.product = "agent", .why = {.headline = "has it"}}, {.product = "loader"}}};
  EXPECT_THAT(ShowExplanation(of_two, Format::kJson).out,
              AllOf(HasSubstr("{\"product\":\"agent\",\"headline\":\"has it\",\"lines\":[]}"),
                    HasSubstr("{\"product\":\"loader\",")));
}

TEST_F(ProgramTest, ACoordinatorThatIsAwayIsOneLineWithTheNextTry) {
  Type("enroll --token-file /root/token");
  coordinator_.away = true;

  const Answer answer = Type("run --now");

  EXPECT_EQ(answer.exit_code, 75);
  EXPECT_THAT(answer.screen.err,
              AllOf(StartsWith("mig-loader: UNAVAILABLE: "), HasSubstr("; tries again at 20"),
                    HasSubstr("mig-loader run --now")));
  EXPECT_EQ(std::count(answer.screen.err.begin(), answer.screen.err.end(), '\n'), 1)
      << answer.screen.err;
  EXPECT_THAT(Type("run --now -o json").screen.out,
              AllOf(HasSubstr("\"unreached\":{\"endpoint\":\"mig.corp.example:8443\""),
                    HasSubstr("\"exitCode\":75")));
}

TEST_F(ProgramTest, TheEnvironmentIsExactlyWhatIsSent) {
  host_.Put("/etc/mig-loader/loader.toml",
            absl::StrCat(kConfig, "report_fields = [\"os\", \"arch\"]\n"));
  const std::string out = Type("environment").screen.out;
  EXPECT_THAT(out, AllOf(HasSubstr("os = linux"), HasSubstr("arch = x86_64"),
                         HasSubstr("loader.version"), Not(HasSubstr("hostname"))));
}

TEST_F(ProgramTest, ATrialSaysSoOnEveryScreen) {
  RunResult result{.trial_root = true};
  EXPECT_THAT(ShowRun(result, RunKind::kRun, Format::kText).out, StartsWith("TRIAL ROOT 1 of 1\n"));
  EXPECT_THAT(ShowStatus({.trial_root = true}, clock_.WallNow(), Format::kText).out,
              StartsWith("TRIAL ROOT 1 of 1\n"));
  EXPECT_THAT(ShowExplanation({.status = {.trial_root = true}}, Format::kText).out,
              StartsWith("TRIAL ROOT 1 of 1\n"));
  EXPECT_THAT(ShowEnrollment({.trial_root = true}, Format::kText).out,
              StartsWith("TRIAL ROOT 1 of 1\n"));
}

TEST_F(ProgramTest, ABadAgentIsStatusSixWithTheReason) {
  Type("enroll --token-file /root/token");
  coordinator_.Roll(1, Release("1.1"));
  Type("run --now");
  clock_.Advance(absl::Hours(1));
  testing::Contents bad = Release("1.2");
  bad["agent"] = "crashes";
  coordinator_.Roll(2, bad);

  const Answer answer = Type("run --now");

  EXPECT_EQ(answer.exit_code, 6);
  EXPECT_THAT(answer.screen.out, AllOf(HasSubstr("went back"), HasSubstr("EXIT_139")));
  EXPECT_THAT(Type("explain").screen.out, AllOf(HasSubstr("1.2"), HasSubstr("EXIT")));
}

}  // namespace
}  // namespace mig::loader
