#include "base/toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/statusor.h"
#include "base/testing/status_matchers.h"

namespace mig::base {
namespace {

using ::mig::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TomlValue Parsed(absl::string_view text) {
  absl::StatusOr<TomlValue> parsed = ParseToml(text, "f.toml");
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return *std::move(parsed);
}

TEST(TomlTest, WhatIsNotTomlIsToldWithFileAndLine) {
  EXPECT_THAT(ParseToml("a = 1\nb = = 2\n", "f.toml").status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f.toml:2: not TOML")));
}

TEST(TomlTest, ValuesOfEveryKindAreRead) {
  const TomlValue table = Parsed("t = 'x'\nn = -3\nf = true\nl = ['a', 'b']\n[s]\nk = 'y'\n");
  TomlReader reader(table, "f.toml");

  EXPECT_EQ(reader.Text("t"), "x");
  EXPECT_EQ(reader.Integer("n"), -3);
  EXPECT_EQ(reader.Flag("f"), true);
  EXPECT_THAT(reader.Texts("l"), ElementsAre("a", "b"));
  const TomlValue* const section = reader.Table("s");
  ASSERT_NE(section, nullptr);
  EXPECT_EQ(TomlReader(*section, "f.toml").Text("k"), "y");
  EXPECT_TRUE(reader.Finish().ok()) << reader.Finish();
}

TEST(TomlTest, AnUnknownKeyIsToldWithItsLineAndTheKnownOnes) {
  const TomlValue table = Parsed("name = 'x'\nnmae = 'y'\n");
  TomlReader reader(table, "f.toml");
  reader.Text("name");

  EXPECT_THAT(reader.Finish(), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("f.toml:2: nmae: is not known here; known are: "
                                                  "name")));
}

// Such values may be put together with those of other files.
TEST(TomlTest, AValueKnowsItsFileAndTheLineOfItsKey) {
  const TomlValue table = Parsed("a = 1\nb = [\n  'x',\n]\n[s]\n\nk = 'y'\n");

  EXPECT_EQ(table.position.ToString(), "f.toml:1");
  EXPECT_EQ(table.fields.at("b").position.ToString(), "f.toml:2");
  EXPECT_EQ(table.fields.at("b").items.at(0).position.ToString(), "f.toml:3");
  EXPECT_EQ(table.fields.at("s").fields.at("k").position.ToString(), "f.toml:7");
  EXPECT_THAT(TomlErrorAt(table.fields.at("b").position, "b", "why"),
              StatusIs(absl::StatusCode::kInvalidArgument, "f.toml:2: b: why"));
}

TEST(TomlTest, AValueOfAnotherTypeIsToldWithItsLine) {
  const TomlValue table = Parsed("\nport = 'high'\n");
  TomlReader reader(table, "f.toml");
  EXPECT_EQ(reader.Integer("port"), std::nullopt);

  EXPECT_THAT(reader.Finish(), StatusIs(absl::StatusCode::kInvalidArgument,
                                        "f.toml:2: port: must be a whole number"));
}

TEST(TomlTest, AMissingMandatoryKeyIsTold) {
  const TomlValue table = Parsed("a = 1\n");
  TomlReader reader(table, "f.toml");
  reader.Integer("a");
  reader.Require("b");

  EXPECT_THAT(reader.Finish(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("b: is missing")));
}

TEST(TomlTest, QuotedTextReadsBackTheSame) {
  const std::string odd = "a\"b\\c\n\x01";
  const TomlValue table = Parsed("k = " + TomlQuoted(odd) + "\n");

  EXPECT_EQ(TomlReader(table, "f.toml").Text("k"), odd);
}

}  // namespace
}  // namespace mig::base
