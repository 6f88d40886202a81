#include "loader/services/output_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

TEST(OutputTextTest, LinesStayAndWhatSteersATerminalIsEscaped) {
  EXPECT_EQ(OutputTail("one\n\ntwo \x1b[31mred\xff\n", 100), "one\n\ntwo \\x1b[31mred\\xff\n");
}

TEST(OutputTextTest, TheEndIsKeptAndNoCharacterIsCut) {
  EXPECT_EQ(OutputTail("0123456789", 4), "6789");
  EXPECT_EQ(OutputTail("ab\xC3\xA4", 2), "\xC3\xA4");
  EXPECT_EQ(OutputTail("ab\xC3\xA4", 1), "");
  EXPECT_LE(OutputTail(std::string(50, '\x01'), 30).size(), 30u);
  EXPECT_EQ(OutputTail("abc", 0), "");
}

}  // namespace
}  // namespace mig::loader
