#include "loader/services/system_probe.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/system_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using Verdict = ProbeAnswer::Verdict;
using ::testing::StartsWith;

class SystemProbeTest : public ::testing::Test {
 protected:
  ProbeAnswer Ask(ProbeSpec probe, absl::Duration timeout = absl::Seconds(30)) {
    SystemProbe system(*clock_);
    return system.Ask({.product = "agent", .probe = std::move(probe)},
                      clock_->MonotonicNow() + timeout);
  }

  std::unique_ptr<base::SystemClock> clock_ = base::SystemClock::Open().value();
};

TEST_F(SystemProbeTest, ACommandsStatusDecides) {
  EXPECT_EQ(Ask(CommandProbe{{"/bin/true"}}).verdict, Verdict::kWell);
  const ProbeAnswer bad = Ask(CommandProbe{{"/bin/sh", "-c", "echo no route; exit 3"}});
  EXPECT_EQ(bad.verdict, Verdict::kNotWell);
  EXPECT_THAT(bad.text, StartsWith("PROBE_EXIT_3: /bin/sh: no route"));
  EXPECT_EQ(Ask(CommandProbe{{"/bin/sleep", "60"}}, absl::Milliseconds(100)).verdict,
            Verdict::kNoAnswerInTime);
  EXPECT_THAT(Ask(CommandProbe{{"/no/such"}}).text, StartsWith("PROBE_INVALID: "));
}

TEST_F(SystemProbeTest, ASocketHasToListen) {
  // Not in TempDir: a socket's path has at most 107 bytes.
  const std::string path = absl::StrCat("/tmp/mig-probe-test-", getpid(), ".sock");
  EXPECT_THAT(Ask(SocketProbe{path}).text, StartsWith("PROBE_REFUSED: "));

  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(Ask(SocketProbe{path}).verdict, Verdict::kNotWell);
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_EQ(Ask(SocketProbe{path}).verdict, Verdict::kWell);
  close(listener);
  unlink(path.c_str());
}

TEST_F(SystemProbeTest, AFileHasToBeThereAndRegular) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/probe.file");
  EXPECT_THAT(Ask(FileProbe{path}).text, StartsWith("PROBE_MISSING: "));
  std::ofstream(path) << "x";
  EXPECT_EQ(Ask(FileProbe{path}).verdict, Verdict::kWell);
  EXPECT_EQ(Ask(FileProbe{::testing::TempDir()}).verdict, Verdict::kNotWell);
  unlink(path.c_str());
}

TEST_F(SystemProbeTest, AnHttpProbeOfAnotherMachineIsNeverSent) {
  EXPECT_THAT(Ask(HttpProbe{"http://10.0.0.1/"}).text, StartsWith("PROBE_INVALID: "));
  EXPECT_THAT(Ask(HttpProbe{"http://127.213.7.9:1/"}).text, StartsWith("PROBE_REFUSED: "));
}

TEST_F(SystemProbeTest, NoProbeIsAlwaysWell) {
  EXPECT_EQ(Ask(std::monostate{}).verdict, Verdict::kWell);
}

}  // namespace
}  // namespace mig::loader
