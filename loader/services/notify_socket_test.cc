#include "loader/services/notify_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/system_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

TEST(ParseNotificationTest, TakesWhatItKnowsAndTheLastOfEach) {
  EXPECT_EQ(ParseNotification("READY=1\nSTATUS=a\nSTATUS=b=c\nMAINPID=77\nWATCHDOG=1\n"),
            (Notification{.ready = true, .main_pid = 77, .status = "b=c"}));
  EXPECT_EQ(ParseNotification("READY=0\n READY=1\nREADY=11\nMAINPID=1\nMAINPID=-5\nMAINPID=x"),
            Notification());
  EXPECT_EQ(ParseNotification(""), Notification());
  EXPECT_EQ(ParseNotification(absl::string_view("STATUS=\x1b[1m\0\xff", 13)).status,
            "\\x1b[1m\\x00\\xff");
  EXPECT_LE(ParseNotification("STATUS=" + std::string(4000, 'x')).status->size(), 110u);
}

class NotifySocketTest : public ::testing::Test {
 protected:
  static bool Anyone(const ProcessIdentity&) { return true; }
  static bool Nobody(const ProcessIdentity&) { return false; }
  static ProcessIdentity Identity(pid_t pid) { return StatProcess(pid).value().identity; }

  // From this process. `fd`: sent along; -1: none.
  bool Say(absl::string_view text, int fd = -1) {
    const UniqueFd from(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un to = {};
    to.sun_family = AF_UNIX;
    const std::string& name = socket_->address();
    memcpy(to.sun_path + 1, name.data() + 1, name.size() - 1);
    iovec part = {.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message = {};
    message.msg_name = &to;
    message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof(control);
      cmsghdr* const header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    }
    return sendmsg(from.get(), &message, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // From a child, which then stays until the test ends it.
  pid_t SaidByAChild(const std::string& text) {
    int ends[2];
    MIG_CHECK(pipe(ends) == 0);
    const pid_t pid = fork();
    if (pid == 0) {
      const bool sent = Say(text);
      MIG_CHECK(write(ends[1], sent ? "y" : "n", 1) == 1);
      pause();
      _exit(0);
    }
    char sent = 'n';
    MIG_CHECK(read(ends[0], &sent, 1) == 1 && sent == 'y');
    close(ends[0]);
    close(ends[1]);
    return pid;
  }
  static void End(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  static int OpenDescriptors() {
    int count = 0;
    for (int fd = 0; fd < 256; ++fd) count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return count;
  }

  std::unique_ptr<base::SystemClock> clock_ = base::SystemClock::Open().value();
  std::unique_ptr<NotifySocket> socket_ = NotifySocket::Make(*clock_).value();
};

TEST_F(NotifySocketTest, HearsTheMainProcessAlsoWhatItSaidFirst) {
  ASSERT_TRUE(Say("STATUS=early"));
  socket_->SetMain(Identity(getpid()), Nobody);
  EXPECT_EQ(socket_->SaidUntilNow().status, "early");
  EXPECT_FALSE(socket_->SaidUntilNow().ready);
  ASSERT_TRUE(Say("READY=1\n"));
  EXPECT_TRUE(socket_->SaidUntilNow().ready);
  ASSERT_TRUE(Say("READY=0\nSTATUS=later"));
  EXPECT_TRUE(socket_->SaidUntilNow().ready) << "it cannot be taken back";
  EXPECT_EQ(socket_->SaidUntilNow().status, "later");
}

TEST_F(NotifySocketTest, AStrangerIsNotHeard) {
  const pid_t stranger = SaidByAChild("READY=1\nSTATUS=I am the agent");
  socket_->SetMain(Identity(getpid()), Anyone);
  const pid_t another = SaidByAChild(absl::StrCat("READY=1\nMAINPID=", stranger));
  const NotifySocket::Said said = socket_->SaidUntilNow();
  EXPECT_FALSE(said.ready);
  EXPECT_EQ(said.status, "");
  EXPECT_FALSE(said.main.has_value());
  End(stranger);
  End(another);
}

TEST_F(NotifySocketTest, ANumberThatIsAnotherProcessNowIsNotHeard) {
  ProcessIdentity before = Identity(getpid());
  before.start_ticks -= 1;
  socket_->SetMain(before, Anyone);
  ASSERT_TRUE(Say("READY=1"));
  EXPECT_FALSE(socket_->SaidUntilNow().ready);
}

TEST_F(NotifySocketTest, AFloodOfStrangersDoesNotSilenceTheAgent) {
  const pid_t stranger = fork();
  if (stranger == 0) {
    for (;;) Say("STATUS=noise");
  }
  socket_->SetMain(Identity(getpid()), Nobody);
  ASSERT_TRUE(Say("READY=1"));
  const base::MonotonicTime give_up = clock_->MonotonicNow() + absl::Seconds(20);
  while (!socket_->SaidUntilNow().ready && clock_->MonotonicNow() < give_up) {
  }
  EXPECT_TRUE(socket_->SaidUntilNow().ready);
  EXPECT_EQ(socket_->SaidUntilNow().status, "");
  End(stranger);
}

TEST_F(NotifySocketTest, TheMainProcessMayBeHandedOnAndTheOldOneIsNotHeardAnyMore) {
  socket_->SetMain(Identity(getpid()), Anyone);
  const pid_t next = fork();
  if (next == 0) {
    pause();
    _exit(0);
  }
  const ProcessIdentity identity = Identity(next);
  ASSERT_TRUE(Say(absl::StrCat("MAINPID=", next, "\nSTATUS=bye")));
  ASSERT_TRUE(Say("READY=1"));
  const NotifySocket::Said said = socket_->SaidUntilNow();
  EXPECT_EQ(said.main, identity);
  EXPECT_EQ(said.status, "bye");
  EXPECT_FALSE(said.ready);
  End(next);
}

TEST_F(NotifySocketTest, AMainProcessThatIsNotTheAgentsIsRefusedAndTold) {
  socket_->SetMain(Identity(getpid()), Nobody);
  ASSERT_TRUE(Say(absl::StrCat("MAINPID=", getppid())));
  EXPECT_EQ(socket_->SaidUntilNow().refused_main, getppid());
  EXPECT_FALSE(socket_->SaidUntilNow().main.has_value());
}

TEST_F(NotifySocketTest, DescriptorsThatComeAlongAreClosedAndLongDatagramsDropped) {
  socket_->SetMain(Identity(getpid()), Nobody);
  const int before = OpenDescriptors();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Say("FDSTORE=1", STDIN_FILENO));
  ASSERT_TRUE(Say("READY=1\n" + std::string(kMaxNotificationBytes, 'x')));
  EXPECT_FALSE(socket_->SaidUntilNow().ready);
  EXPECT_EQ(OpenDescriptors(), before);
}

}  // namespace
}  // namespace mig::loader
