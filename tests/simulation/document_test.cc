// docs/simulation.md names what there is; its commands, and the scenarios beside it, can be run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/testing/status_matchers.h"
#include "sim/cli/command_line.h"
#include "sim/report/figures.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario.pb.h"
#include "tests/harness/command.h"
#include "tests/harness/files.h"

namespace mig::tests {
namespace {

namespace fs = std::filesystem;
using base::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string TextOf(const char* variable) {
  const auto text = ReadFile(std::getenv(variable));
  EXPECT_THAT(text, IsOk());
  return text.value_or("");
}

TEST(SimulationDocumentTest, NamesEachFieldOfAScenario) {
  const std::string text = TextOf("DOCUMENT");
  std::vector<const google::protobuf::Descriptor*> types = {sim::v1::Scenario::GetDescriptor()};
  for (size_t i = 0; i < types.size(); ++i) {
    for (int f = 0; f < types[i]->field_count(); ++f) {
      const google::protobuf::FieldDescriptor& field = *types[i]->field(f);
      EXPECT_TRUE(absl::StrContains(text, absl::StrCat("`", field.name(), "`")))
          << field.full_name();
      if (field.message_type() != nullptr) types.push_back(field.message_type());
    }
  }
}

TEST(SimulationDocumentTest, NamesEachFigureThatCanBeAsserted) {
  const std::string text = TextOf("DOCUMENT");
  for (const sim::Figure& figure : sim::FiguresOf(sim::Summary())) {
    const size_t phase = figure.name.find('_');
    const bool is_quantile = absl::StartsWith(figure.name, "p50_") ||
                             absl::StartsWith(figure.name, "p9") ||
                             absl::StartsWith(figure.name, "max_");
    const std::string name = is_quantile ? figure.name.substr(phase + 1) : figure.name;
    EXPECT_TRUE(absl::StrContains(text, absl::StrCat("`", name, "`"))) << figure.name;
    if (!is_quantile) continue;
    EXPECT_TRUE(absl::StrContains(text, absl::StrCat("`", figure.name.substr(0, phase), "_`")))
        << figure.name;
  }
}

// The commands of one block: all its lines, or those after a prompt where answers stand between
// them. Empty: an answer only.
std::string CommandsOf(const std::vector<std::string>& block) {
  std::string commands;
  for (const std::string& line : block) {
    if (absl::StartsWith(line, "$ ")) absl::StrAppend(&commands, line.substr(2), "\n");
  }
  const bool is_script = !block.empty() && (absl::StartsWith(block.front(), "bazel") ||
                                            absl::StartsWith(block.front(), "for "));
  return is_script ? absl::StrCat(absl::StrJoin(block, "\n"), "\n") : commands;
}

std::vector<std::string> CommandBlocks(const std::string& document) {
  std::vector<std::string> blocks;
  std::vector<std::string> block;
  bool within = false;
  for (const absl::string_view line : absl::StrSplit(document, '\n')) {
    if (!absl::StartsWith(line, "```")) {
      if (within) block.emplace_back(line);
      continue;
    }
    if (within) blocks.push_back(CommandsOf(block));
    block.clear();
    within = !within;
  }
  std::erase(blocks, "");
  return blocks;
}

// A folder like the repository's, whose mig-sim only notes how it was called.
class DocumentedCommandsTest : public ::testing::Test {
 protected:
  DocumentedCommandsTest() : folder_(fs::path(::testing::TempDir()) / "tree") {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "sim/scenarios");
    fs::create_directories(folder_ / "bazel-bin/sim");
    for (const auto& [variable, name] :
         {std::pair("SMALL", "small"), std::pair("RATE", "rate"), std::pair("WEEK", "week")}) {
      EXPECT_THAT(WriteFile(ScenarioAt(name), TextOf(variable)), IsOk());
    }
    WriteProgram("bazel", "exit 0");
    // As one that finds something with seed 3.
    WriteProgram("bazel-bin/sim/mig-sim",
                 "echo \"$*\" >> calls; echo '{}'; case \"$*\" in *'--seed 3') echo BROKEN; exit "
                 "110;; esac");
  }

  std::string ScenarioAt(absl::string_view name) const {
    return folder_ / "sim/scenarios" / absl::StrCat(name, ".txtpb");
  }
  void WriteProgram(const std::string& name, absl::string_view body) const {
    EXPECT_THAT(WriteFile(folder_ / name, absl::StrCat("#!/bin/sh\n", body, "\n")), IsOk());
    fs::permissions(folder_ / name, fs::perms::owner_all);
  }
  CommandResult RunBlock(const std::string& commands) const {
    const auto result =
        RunCommand({"/bin/bash", "-euo", "pipefail", "-c", commands},
                   {.environment = {absl::StrCat("PATH=", folder_.string(), ":/usr/bin:/bin")},
                    .directory = folder_});
    EXPECT_THAT(result, IsOk());
    return result.value_or(CommandResult());
  }
  // How mig-sim was called meanwhile.
  std::vector<std::string> Calls() const {
    return absl::StrSplit(ReadFile(folder_ / "calls").value_or(""), '\n', absl::SkipEmpty());
  }

  const fs::path folder_;
};

TEST_F(DocumentedCommandsTest, EachRunsAsItStandsAndCallsMigSimAsItCanBeCalled) {
  const std::vector<std::string> blocks = CommandBlocks(TextOf("DOCUMENT"));
  ASSERT_GE(blocks.size(), 5u);
  for (const std::string& block : blocks) {
    EXPECT_EQ(RunBlock(block).exit_status, 0) << block;
  }

  for (const std::string& call : Calls()) {
    const auto read = sim::ReadCommandLine(absl::StrSplit(call, ' '));
    const auto* command = std::get_if<sim::Command>(&read);
    ASSERT_NE(command, nullptr) << call << ": " << std::get<sim::Farewell>(read).err;
    const auto scenario = ReadFile(folder_ / command->scenario);
    ASSERT_THAT(scenario, IsOk()) << call;
    // The document shows what is wrong with this one.
    const bool is_refused = command->scenario == "herd.txtpb";
    const auto parsed = sim::ParseScenario(command->scenario, *scenario, command->mode);
    EXPECT_EQ(parsed.ok(), !is_refused) << call << ": " << parsed.status();
    if (is_refused) {
      EXPECT_TRUE(absl::StrContains(TextOf("DOCUMENT"), parsed.status().message()))
          << parsed.status();
    }
  }
}

TEST_F(DocumentedCommandsTest, TheLoopOverSeedsEndsWithTheFirstThatFindsSomething) {
  const std::vector<std::string> blocks = CommandBlocks(TextOf("DOCUMENT"));
  const auto loop = std::ranges::find_if(
      blocks, [](const std::string& block) { return absl::StartsWith(block, "for "); });
  ASSERT_NE(loop, blocks.end());

  EXPECT_THAT(RunBlock(*loop).out, HasSubstr("BROKEN"));

  EXPECT_THAT(Calls(),
              ElementsAre(HasSubstr("--seed 1"), HasSubstr("--seed 2"), HasSubstr("--seed 3")));
}

TEST(ScenariosTest, SmallAndKillAreForBothModesRateIsLiveAndWeekIsForVirtualTime) {
  for (const char* const variable : {"SMALL", "KILL"}) {
    const std::string text = TextOf(variable);
    EXPECT_THAT(sim::ParseScenario(variable, text, sim::Mode::kLive), IsOk());
    EXPECT_THAT(sim::ParseScenario(variable, text, sim::Mode::kVirtual), IsOk());
  }
  EXPECT_THAT(sim::ParseScenario("rate", TextOf("RATE"), sim::Mode::kLive), IsOk());
  EXPECT_THAT(sim::ParseScenario("week", TextOf("WEEK"), sim::Mode::kVirtual), IsOk());
}

}  // namespace
}  // namespace mig::tests
