#include "tests/kill/tracer.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "tests/agent/agent_process.h"
#include "tests/harness/files.h"
#include "tests/kill/strike.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

class TracerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto traced = Trace({"/bin/true"}, [](const Stop&) { return Order(); });
    if (absl::IsPermissionDenied(traced.status())) GTEST_SKIP() << traced.status().message();
    ASSERT_THAT(traced, IsOk());
  }

  absl::StatusOr<TraceResult> Trace(const std::vector<std::string>& words,
                                    absl::FunctionRef<Order(const Stop&)> judge) {
    return TraceProgram(words, {.environment = {"PATH=/usr/bin:/bin"}, .files = files_}, judge);
  }
  absl::StatusOr<TraceResult> Shell(const std::string& script,
                                    absl::FunctionRef<Order(const Stop&)> judge) {
    return Trace({"/bin/sh", "-c", absl::StrCat("cd ", files_, "; ", script)}, judge);
  }
  Strike At(const std::string& text) {
    const auto strike = Strike::Parse(text);
    EXPECT_THAT(strike, IsOk());
    return *strike;
  }

  ShortTempDirectory directory_;
  std::string files_ = directory_.File("files");
};

TEST_F(TracerTest, SeesTheCallsThatChangeTheFilesOfTheHostInTheirOrder) {
  ASSERT_THAT(MakeDirectory(files_), IsOk());
  std::vector<std::string> seen;

  const auto result = Shell("echo word > a; exec mv -T a b", [&](const Stop& stop) {
    if (stop.side == Side::kExit && stop.call.kind == CallKind::kChange) {
      seen.push_back(absl::StrCat(stop.call.name, " ", stop.call.path, " ", stop.result));
    }
    return Order();
  });

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->exit_status, 0);
  EXPECT_THAT(seen, IsSupersetOf({absl::StrCat("write ", files_, "/a 5")}));
  EXPECT_THAT(seen.back(), HasSubstr(files_ + "/b 0"));  // whichever rename this mv has
}

TEST_F(TracerTest, AForkedProgramIsFollowedToItsExecveAndRunsOnByItself) {
  ASSERT_THAT(MakeDirectory(files_), IsOk());
  std::set<std::string> of_children;

  const auto result = Shell("/bin/echo other > a; true", [&](const Stop& stop) {
    if (stop.call.kind == CallKind::kProcess) of_children.emplace(stop.call.name);
    EXPECT_NE(stop.call.name, "write") << "that is /bin/echo's";
    return Order();
  });

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->exit_status, 0);
  EXPECT_THAT(of_children, Contains("execve"));
  EXPECT_EQ(ReadFile(files_ + "/a").value_or(""), "other\n");
}

TEST_F(TracerTest, KillsBeforeOrAfterTheCall) {
  ASSERT_THAT(MakeDirectory(files_), IsOk());
  for (const char* const side : {"entry", "exit"}) {
    Striker striker(At(absl::StrCat("change.2.", side, "=kill")));
    // 1: opens the file; 2: writes into it.
    const auto result = Shell("echo word > a; echo more > b", std::ref(striker));

    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->exit_status, 128 + SIGKILL);
    ASSERT_TRUE(striker.struck().has_value());
    EXPECT_EQ(striker.struck()->name, "write");
    EXPECT_EQ(ReadFile(files_ + "/a").value_or("none"),
              side == std::string("exit") ? "word\n" : "");
    EXPECT_THAT(ReadFile(files_ + "/b"), Not(IsOk()));
  }
}

TEST_F(TracerTest, ACallFailsOnceAndIsNotMade) {
  ASSERT_THAT(MakeDirectory(files_), IsOk());
  Striker striker(At("change.1.entry=ENOSPC"));

  const auto result = Shell("echo word > a; echo more > b", std::ref(striker));

  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->said, HasSubstr("No space left on device"));
  EXPECT_THAT(ReadFile(files_ + "/a"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ReadFile(files_ + "/b").value_or(""), "more\n");
}

TEST_F(TracerTest, AWriteIsShortOnce) {
  ASSERT_THAT(MakeDirectory(files_), IsOk());
  Striker striker(At("change.2.entry=short"));
  std::vector<int64_t> written;

  const auto result = Shell("echo word > a", [&](const Stop& stop) {
    if (stop.side == Side::kExit && stop.call.name == "write" && !stop.call.path.empty()) {
      written.push_back(stop.result);
    }
    return striker(stop);
  });

  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(written, ElementsAre(1, 4));
  EXPECT_EQ(ReadFile(files_ + "/a").value_or(""), "word\n");
}

TEST_F(TracerTest, WhatDoesNotEndIsKilledAndNothingOfItIsLeft) {
  const auto result = TraceProgram({"/bin/sh", "-c", "while :; do :; done"},
                                   {.files = "/nowhere", .patience = absl::Milliseconds(50)},
                                   [](const Stop&) { return Order(); });

  EXPECT_THAT(result, StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("had not ended")));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(StrikeTest, ANameIsReadBack) {
  for (const char* const text :
       {"change.37.exit=kill", "look.1.entry=EIO", "process.9.entry=EAGAIN", "other.2.entry=kill",
        "change.12.entry=short"}) {
    const auto strike = Strike::Parse(text);
    ASSERT_THAT(strike, IsOk());
    EXPECT_EQ(strike->ToString(), text);
  }
  for (const char* const text : {"", "change.37.exit", "change.x.exit=kill", "sock.1.exit=kill",
                                 "change.1.middle=kill", "change.1.exit=EPONY"}) {
    EXPECT_THAT(Strike::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(StrikeTest, CallsFailOnlyAsTheyCan) {
  EXPECT_THAT(BlowsFor({.kind = CallKind::kOther, .name = "futex"}), IsEmpty());
  const auto has = [](const Call& call, int error) {
    const std::vector<Blow> blows = BlowsFor(call);
    return std::ranges::any_of(blows, [error](const Blow& b) { return b.error == error; });
  };
  EXPECT_TRUE(has({.kind = CallKind::kChange, .name = "openat"}, EROFS));
  EXPECT_FALSE(has({.kind = CallKind::kLook, .name = "openat"}, EROFS));
  EXPECT_TRUE(has({.kind = CallKind::kChange, .name = "fsync"}, EIO));
}

}  // namespace
}  // namespace mig::tests
