// Each ban is shown red: what it is for is planted in a file that is otherwise clean.

#include "tests/tidy/banned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/tidy/planted.h"
#include "tests/tidy/source.h"

namespace mig::tests {
namespace {

Findings Banned(absl::string_view path, absl::string_view line) {
  return CheckBannedWords(MakeSource(path, absl::StrCat("int x;\n", line, "\n")));
}
Findings BackDoors(absl::string_view line) {
  return CheckTestBackDoors(MakeSource("base/a.h", line));
}
Findings Unfinished(absl::string_view path, absl::string_view text) {
  return CheckUnfinished(MakeSource(path, text));
}

struct Planted {
  absl::string_view path;
  absl::string_view line;
  absl::string_view finds;  // in the finding's words; nothing else is found
};

TEST(BannedTest, EachIsFoundWhereItStands) {
  constexpr Planted kPlanted[] = {
      {"base/a.h", "void F(std::string_view s);", "absl::string_view"},
      {"loader/run.cc", "std::cout << 1;", "std::ostream&"},
      {"loader/run.cc", "std::cerr << 1;", "std::ostream&"},
      {"loader/run.cc", "printf(\"%d\", 1);", "std::ostream&"},
      {"loader/run.cc", "sleep(1);", "base::Clock"},
      {"loader/run.cc", "::usleep (1);", "base::Clock"},
      {"loader/run_test.cc", "std::this_thread::sleep_for(d);", "base::Clock"},
      {"tests/e2e/a_test.cc", "absl::SleepFor(d);", "base::Clock"},
      {"ctl/a.cc", "std::system(\"ls\");", "shell"},
      {"ctl/a.cc", "popen(\"ls\", \"r\");", "shell"},
      {"rollout/a.cc", "int i = rand();", "base::Random"},
      {"rollout/a.cc", "std::random_device device;", "base::Random"},
      {"rollout/a.cc", "std::mt19937 random(1);", "base::Random"},
      {"coordinator/a.cc", "time(nullptr);", "base::Clock"},
      {"coordinator/a.cc", "std::chrono::system_clock::now();", "base::Clock"},
      {"coordinator/a.cc", "absl::Now();", "base::Clock"},
      {"loader/a.cc", "std::getenv(\"HOME\");", "in main"},
      {"loader/a.cc", "std::mutex mutex_;", "base::Executor"},
      {"trust/a.cc", "std::thread thread(f);", "base::Executor"},
      {"base/a.cc", "using namespace std;", "name what you use"},
      {"base/a.cc", "throw std::runtime_error(\"x\");", "Status"},
      {"base/a.cc", "assert(x);", "MIG_CHECK"},
      {"loader/a.cc", "if (simulated) return;", "what ships"},
  };
  for (const Planted& planted : kPlanted) {
    EXPECT_THAT(Banned(planted.path, planted.line), Finds(2, std::string(planted.finds)))
        << planted.line;
  }
}

TEST(BannedTest, SomeAreAllowedInOnePlace) {
  constexpr Planted kAllowed[] = {
      {"loader/main.cc", "std::cout << getenv(\"HOME\");", ""},
      {"ctl/cli/show.cc", "std::cout << 1;", ""},
      {"base/system_clock.cc", "clock_nanosleep(a, b, c, d);", ""},
      {"base/system_clock.cc", "clock_gettime(a, b);", ""},
      {"base/thread_pool_executor.h", "std::mutex mutex_;", ""},
      {"coordinator/store/writer_thread.h", "std::thread thread_;", ""},
      {"loader/transport/a.cc", "std::mutex mutex_;", ""},
      {"sim/fiber/fiber.cc", "throw Cancelled();", ""},
  };
  for (const Planted& allowed : kAllowed) {
    EXPECT_THAT(Banned(allowed.path, allowed.line), FindsNothing()) << allowed.line;
  }
}

TEST(BannedTest, LikenessIsNotEnough) {
  for (const absl::string_view line : {
           "absl::string_view s;",
           "int operand(int x);",
           "clock.SleepUntil(deadline);",
           "static_assert(true);",
           "// sleep(1), std::cout, throw",
           "f(\"system(ls)\");",
           "snprintf(buffer, 3, \"x\");",
           "runtime(nullptr);",
           "store.system(1);",
       }) {
    EXPECT_THAT(Banned("loader/run.cc", line), FindsNothing()) << line;
  }
}

TEST(BackDoorsTest, TestsHaveNoneOfTheirOwn) {
  EXPECT_THAT(BackDoors("#ifdef TEST\n"), Finds(1, "door for tests"));
  EXPECT_THAT(BackDoors("\n#if defined(MIG_UNIT_TEST)\n"), Finds(2, "door for tests"));
  EXPECT_THAT(BackDoors("  friend class ScanTest;\n"), Finds(1, "door for tests"));
  EXPECT_THAT(BackDoors("  FRIEND_TEST(ScanTest, Works);\n"), Finds(1, "door for tests"));
  EXPECT_THAT(BackDoors("void ResetForTest();\n"), Finds(1, "everybody may call"));
  EXPECT_THAT(BackDoors("#ifndef MIG_BASE_TESTING_SEED_H_\n"), FindsNothing());
  EXPECT_THAT(BackDoors("friend bool operator==(const Latest&, const Latest&);\n"), FindsNothing());
}

TEST(UnfinishedTest, NotesAreFoundInCommentsAndScripts) {
  for (const absl::string_view word : {"TODO", "FIXME", "XXX", "HACK"}) {
    EXPECT_THAT(Unfinished("base/a.cc", absl::StrCat("\n// ", word, ": later\n")),
                Finds(2, std::string(word)));
    EXPECT_THAT(Unfinished("tools/demo", absl::StrCat("# ", word, "(me)\n")),
                Finds(1, std::string(word)));
  }
  EXPECT_THAT(Unfinished("base/a.cc", "auto s = \"TODO\";\n"), FindsNothing());
  EXPECT_THAT(Unfinished("tools/demo", "mktemp -d x.XXXXXX\n"), FindsNothing());
}

}  // namespace
}  // namespace mig::tests
