// Texts at their bounds.

#include "coordinator/handlers/operators/cut_text.h"

#include <gtest/gtest.h>

namespace mig::coordinator {
namespace {

TEST(CutTextTest, WhatFitsIsLeftAlone) { EXPECT_EQ(CutText("häuser", 7), "häuser"); }

TEST(CutTextTest, WhatDoesNotFitEndsAtItsBound) { EXPECT_EQ(CutText("houses", 3), "hou"); }

TEST(CutTextTest, NoCharacterIsCutInTwo) {
  EXPECT_EQ(CutText("hä", 2), "h");
  EXPECT_EQ(CutText("h\xf0\x9f\x8f\xa0", 4), "h");
}

TEST(CutTextTest, NothingFitsIntoNothing) { EXPECT_EQ(CutText("ä", 0), ""); }

}  // namespace
}  // namespace mig::coordinator
