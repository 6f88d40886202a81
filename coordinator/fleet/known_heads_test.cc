#include "coordinator/fleet/known_heads.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"

namespace mig::coordinator {
namespace {

base::Digest Head(int number) { return base::Sha256Of(absl::StrCat("head ", number)); }

TEST(KnownHeadsTest, KnowsWhatWasAddedAndNothingElse) {
  KnownHeads known;
  EXPECT_FALSE(known.Contains(Head(1)));

  known.Add(Head(1));

  EXPECT_TRUE(known.Contains(Head(1)));
  for (int other = 2; other < 2'000; ++other) EXPECT_FALSE(known.Contains(Head(other)));
}

TEST(KnownHeadsTest, TheLastOneIsKnownHoweverManyCame) {
  KnownHeads known;
  for (int number = 0; number < 2'000; ++number) {
    known.Add(Head(number));
    EXPECT_TRUE(known.Contains(Head(number)));
  }
}

}  // namespace
}  // namespace mig::coordinator
