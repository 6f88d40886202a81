#include "tests/tidy/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "absl/strings/string_view.h"

namespace mig::tests {
namespace {

constexpr size_t kNowhere = absl::string_view::npos;

std::string CodeOf(absl::string_view text) { return MakeSource("base/a.cc", text).code; }
std::string ProseOf(absl::string_view text) { return MakeSource("base/a.cc", text).prose; }

TEST(SourceTest, CommentsAndLiteralsAreBlankedInCode) {
  EXPECT_EQ(CodeOf("a; // sleep(1)\nb"), "a;            \nb");
  EXPECT_EQ(CodeOf("a /* x\ny */ b"), "a     \n     b");
  EXPECT_EQ(CodeOf("f(\"rand()\\\" x\", 'q')"), "f(            ,    )");
  EXPECT_EQ(CodeOf("R\"x(a\n)\" b)x\" c"), "     \n        c");
}

TEST(SourceTest, LiteralsAloneAreBlankedInProse) {
  EXPECT_EQ(ProseOf("a(\"x\"); // \"y\""), "a(   ); // \"y\"");
  EXPECT_EQ(ProseOf("\"// no comment\" b"), "                b");
}

TEST(SourceTest, AMarkBetweenDigitsIsNoCharacter) {
  EXPECT_EQ(CodeOf("1'000 + rand() + 2'000"), "1'000 + rand() + 2'000");
}

TEST(SourceTest, WhatIsNotCppIsLeftAsItIs) {
  EXPECT_EQ(MakeSource("tools/x", "# // \"a\"").code, "# // \"a\"");
}

TEST(SourceTest, AWordIsNotAPartOfAnother) {
  EXPECT_EQ(FindWord("operand(1)", "rand(", 0), kNowhere);
  EXPECT_EQ(FindWord("a + rand (1)", "rand(", 0), 4u);
  EXPECT_EQ(FindWord("rand(1) rand(2)", "rand(", 1), 8u);
  EXPECT_EQ(FindWord("std::rand(1)", "rand(", 0), 5u);
  EXPECT_EQ(FindWord("rand", "rand(", 0), kNowhere);
  EXPECT_EQ(FindWord("rethrow; thrown; throw;", "throw", 0), 17u);
  EXPECT_EQ(FindWord("time(nullptr)", "time(nullptr)", 0), 0u);
}

TEST(SourceTest, AMemberOrVariableOfTheSameNameIsNotTheFunction) {
  EXPECT_EQ(FindWord("store.system(1); p->system(2)", "system(", 0), kNowhere);
  EXPECT_EQ(FindWord("SystemProbe system(clock);", "system(", 0), kNowhere);
  EXPECT_EQ(FindWord("return system(command);", "system(", 0), 7u);
}

TEST(SourceTest, AFindingSaysWhereWhatAndTheWayOut) {
  std::ostringstream text;
  text << Finding{"base/a.cc", 7, "`rand(`", "use base::Random"};
  EXPECT_EQ(text.str(), "base/a.cc:7: `rand(`; use base::Random");
}

}  // namespace
}  // namespace mig::tests
