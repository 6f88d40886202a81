#include "tests/tidy/banned.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace mig::tests {

namespace {

constexpr absl::string_view kPrograms = "*/main.cc *_main.cc */main/* */cli/*";

struct Ban {
  absl::string_view words;   // separated by commas
  absl::string_view where;   // patterns of paths
  absl::string_view except;  // the same
  absl::string_view way_out;
};
constexpr Ban kBans[] = {
    {"std::string_view,std::u8string_view", "*", "",
     "use absl::string_view: Debian's Abseil has one that does not convert"},
    {"std::cout,std::cerr,std::clog,printf(,fprintf(,vprintf(,puts(,putchar(,perror(", "*",
     kPrograms, "give the text back, or take a std::ostream&: only a program's main prints"},
    {"sleep(,usleep(,nanosleep(,clock_nanosleep(,sleep_for(,sleep_until(,absl::SleepFor(", "*",
     "base/system_clock.cc", "use base::Clock::SleepUntil; in a test, move the clock"},
    {"system(,popen(,wordexp(", "*", "",
     "a shell reads what it is given: start the program itself, with its arguments"},
    {"rand(,srand(,rand_r(,drand48(,std::random_device,std::mt19937,std::mt19937_64,"
     "std::default_random_engine,std::shuffle(,absl::BitGen,absl::InsecureBitGen",
     "*", "base/*", "use base::Random, which is passed in: a test gives a seed"},
    {"time(nullptr),time(NULL),time(0),time(&,gettimeofday(,clock_gettime(,absl::Now(,"
     "absl::GetCurrentTimeNanos(,system_clock::now(,high_resolution_clock::now(",
     "*", "base/* */testing/*_main.cc tests/end_to_end/set_back_clock.cc",
     "use base::Clock, which is passed in: in virtual time the machine's would lie"},
    {"steady_clock::now(", "*", "base/* coordinator/store/writer_thread.cc",
     "use base::Clock::MonotonicNow, which is passed in"},
    {"getenv(,secure_getenv(", "base/* trust/* rollout/* loader/* coordinator/* sim/*",
     "*/main.cc *_main.cc */testing/* *_test.cc", "read the environment in main, and pass it in"},
    {"std::thread,std::jthread,std::async(,std::mutex,absl::Mutex,std::condition_variable",
     "trust/* rollout/* loader/*",
     "loader/transport/* loader/services/background_task.* */main.cc */testing/* *_test.cc",
     "this logic runs on fibers too: use base::Executor, base::Event"},
    {"using namespace", "*", "", "name what you use"},
    {"throw", "*", "sim/fiber/*", "give back a Status; our own bugs end in MIG_CHECK"},
    {"assert(", "*", "", "what ships has no assert (NDEBUG): use MIG_CHECK"},
    {"simulated,is_simulated,in_simulation", "*", "tests/tidy/*",
     "what is simulated is what ships: pass in another clock, disk or network"},
};

struct BackDoor {
  absl::string_view begins;    // a line that begins so
  absl::string_view contains;  // and has this in it
};
constexpr BackDoor kBackDoors[] = {
    {"#if", "TEST"},           {"#elif", "TEST"},   {"friend class", "Test"},
    {"friend struct", "Test"}, {"FRIEND_TEST", ""},
};

}  // namespace

Findings CheckBannedWords(const Source& source) {
  Findings findings;
  if (!IsCpp(source)) return findings;
  for (const Ban& ban : kBans) {
    if (!MatchesOneOf(source.path, ban.where) || MatchesOneOf(source.path, ban.except)) continue;
    for (const absl::string_view word : absl::StrSplit(ban.words, ',')) {
      for (size_t at = FindWord(source.code, word, 0); at != absl::string_view::npos;
           at = FindWord(source.code, word, at + 1)) {
        findings.push_back({source.path, LineAt(source.code, at), absl::StrCat("`", word, "`"),
                            std::string(ban.way_out)});
      }
    }
  }
  return findings;
}

Findings CheckTestBackDoors(const Source& source) {
  constexpr absl::string_view kWayOut = "test through what everybody may call";
  Findings findings;
  if (!IsCpp(source)) return findings;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(source.code, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    for (const BackDoor& door : kBackDoors) {
      if (!absl::StartsWith(line, door.begins) || !absl::StrContains(line, door.contains)) continue;
      // An include guard of a folder that is called so is no condition.
      if (absl::StartsWith(line, "#ifndef MIG_") && absl::EndsWith(line, "_H_")) continue;
      findings.push_back({source.path, number, absl::StrCat("`", line, "` opens a door for tests"),
                          std::string(kWayOut)});
      break;
    }
    for (const absl::string_view name : {"ForTest(", "ForTests(", "ForTesting(", "_for_test("}) {
      if (!absl::StrContains(line, name)) continue;
      findings.push_back(
          {source.path, number, absl::StrCat("`...", name, "`"), std::string(kWayOut)});
    }
  }
  return findings;
}

Findings CheckUnfinished(const Source& source) {
  Findings findings;
  // Documents may speak of such notes.
  if (MatchesOneOf(source.path, "*.md *.txt LICENSE")) return findings;
  for (const absl::string_view word : {"TODO", "FIXME", "XXX", "HACK"}) {
    for (size_t at = FindWord(source.prose, word, 0); at != absl::string_view::npos;
         at = FindWord(source.prose, word, at + 1)) {
      findings.push_back({source.path, LineAt(source.prose, at), absl::StrCat(word, " note"),
                          "do it, or open an issue and say what is true today"});
    }
  }
  return findings;
}

}  // namespace mig::tests
