#include "tests/agent/forks.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "absl/strings/str_split.h"

namespace mig::tests {

void LeaveStray(const std::string& file) {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  std::ofstream(file + ".new") << getpid() << "\n";
  rename((file + ".new").c_str(), file.c_str());
  for (;;) pause();
}

void RunBeside(const std::string& command) {
  std::vector<std::string> words = absl::StrSplit(command, ' ', absl::SkipEmpty());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (words.empty() || fork() != 0) return;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace mig::tests
