// docs/simulation.md names what there is, and the scenarios beside it can be run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "sim/report/figures.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario.pb.h"
#include "tests/harness/files.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;

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

TEST(ScenariosTest, SmallAndKillAreForBothModesAndWeekForVirtualTime) {
  for (const char* const variable : {"SMALL", "KILL"}) {
    const std::string text = TextOf(variable);
    EXPECT_THAT(sim::ParseScenario(variable, text, sim::Mode::kLive), IsOk());
    EXPECT_THAT(sim::ParseScenario(variable, text, sim::Mode::kVirtual), IsOk());
  }
  EXPECT_THAT(sim::ParseScenario("week", TextOf("WEEK"), sim::Mode::kVirtual), IsOk());
}

}  // namespace
}  // namespace mig::tests
