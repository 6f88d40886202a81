#include "bench/samples/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/status_matchers.h"

namespace mig::bench {
namespace {

using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;

std::string File(const std::string& rows) {
  return "{\"format\": 1, \"size\": \"quick\", \"rows\": [" + rows + "]}";
}

std::string RowWith(const std::string& rest) {
  return File("{\"name\": \"scan\", \"unit\": \"seconds\", " + rest + "}");
}

TEST(SamplesTest, WhatWasWrittenIsRead) {
  const RunSamples run = {
      .size = Size::kQuick,
      .rows = {{.name = "scan", .slowdown_limit = 0.1, .numbers = {1.5e-3, 0.002}},
               {.name = "sha256_2",
                .unit = Unit::kBytesPerSecond,
                .slowdown_limit = 0.05,
                .numbers = {1.6e9}}}};

  EXPECT_THAT(ParseSamples("f", ToJson(run)), IsOkAndHolds(Eq(run)));
}

TEST(SamplesTest, ARunWithoutRowsIsARunAndWholeIsWhole) {
  const RunSamples run = {.size = Size::kWhole, .rows = {}};

  EXPECT_THAT(ParseSamples("f", ToJson(run)), IsOkAndHolds(Eq(run)));
}

TEST(SamplesTest, WhatIsWrongIsRefusedByFileRowAndKey) {
  const struct {
    std::string json;
    std::string says;
  } kCases[] = {
      {"", "no JSON object"},
      {"[]", "no JSON object"},
      {"{\"format\": 2, \"size\": \"quick\", \"rows\": []}", "'format' is not 1"},
      {"{\"format\": 1, \"size\": \"big\", \"rows\": []}", "'size' is neither"},
      {"{\"format\": 1, \"size\": \"quick\"}", "'rows' is missing"},
      {"{\"format\": 1, \"size\": \"quick\", \"rows\": [], \"x\": 1}", "no such key: 'x'"},
      {File("1"), "'rows' has no object"},
      {File("{\"name\": \"A b\"}"), "'name' is not of"},
      {File("{\"name\": \"a\", \"unit\": \"hours\"}"), "a: 'unit' is none"},
      {RowWith("\"slowdown_limit\": \"x\""), "scan: 'slowdown_limit' is of the wrong kind"},
      {RowWith("\"slowdown_limit\": -1"), "scan: 'slowdown_limit' is below zero"},
      {RowWith("\"slowdown_limit\": 0"), "scan: 'numbers' is missing"},
      {RowWith("\"slowdown_limit\": 0, \"numbers\": []"), "scan: 'numbers' is empty"},
      {RowWith("\"slowdown_limit\": 0, \"numbers\": [0]"), "scan: 'numbers' has something"},
      {RowWith("\"slowdown_limit\": 0, \"numbers\": [\"NaN\"]"), "scan: 'numbers' has something"},
      {RowWith("\"slowdown_limit\": 0, \"numbers\": [1], \"more\": 1"), "no such key: 'more'"},
  };
  for (const auto& wrong : kCases) {
    EXPECT_THAT(ParseSamples("here.json", wrong.json).status(),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("here.json"), HasSubstr(wrong.says))))
        << wrong.json;
  }
}

TEST(SamplesTest, ARowThatIsThereTwiceIsRefused) {
  const std::string row =
      "{\"name\": \"a\", \"unit\": \"seconds\", \"slowdown_limit\": 0.1, \"numbers\": [1]}";

  EXPECT_THAT(ParseSamples("f", File(row + "," + row)).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'a' is there twice")));
}

TEST(SamplesTest, AFileBeyondTheBoundIsRefusedBeforeItIsRead) {
  EXPECT_THAT(ParseSamples("f", std::string(kMaxSampleFileBytes + 1, ' ')).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("larger than")));
}

}  // namespace
}  // namespace mig::bench
