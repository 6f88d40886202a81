// The same seed in two processes, whose memory lies elsewhere: the same run, to the last event.

#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/personality.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace mig::sim {
namespace {

struct Said {
  std::string hash;
  std::string address;
};

Said AskAnotherProcess(int seed) {
  FILE* pipe = popen(absl::StrCat("sim/virtual/testing/hash_of_run ", seed).c_str(), "r");
  MIG_CHECK(pipe != nullptr);
  char hash[128] = "", address[64] = "";
  const int words = fscanf(pipe, "%127s %63s", hash, address);
  MIG_CHECK(pclose(pipe) == 0 && words == 2);
  return {.hash = hash, .address = address};
}

TEST(DeterminismTest, TheSameSeedIsTheSameRunInTwoProcesses) {
  const Said once = AskAnotherProcess(1);
  const Said again = AskAnotherProcess(1);
  const Said other = AskAnotherProcess(2);

  EXPECT_EQ(once.hash.size(), 64u);
  EXPECT_EQ(once.hash, again.hash);
  EXPECT_NE(once.hash, other.hash);
  if ((personality(0xffffffff) & ADDR_NO_RANDOMIZE) == 0) {
    EXPECT_NE(once.address, again.address) << "both lay at the same place: that shows little";
  }
}

}  // namespace
}  // namespace mig::sim
