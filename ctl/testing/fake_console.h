// A console whose person has an answer ready for each question.

#ifndef MIG_CTL_TESTING_FAKE_CONSOLE_H_
#define MIG_CTL_TESTING_FAKE_CONSOLE_H_

#include <deque>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ctl/output/console.h"

namespace mig::ctl::testing {

class FakeConsole : public Console {
 public:
  const ConsoleFacts& facts() const override { return facts_; }
  void Out(absl::string_view text) override { absl::StrAppend(&out_, text); }
  void Err(absl::string_view text) override { absl::StrAppend(&err_, text); }
  absl::StatusOr<std::string> ReadLine(absl::string_view prompt) override { return Next(prompt); }
  absl::StatusOr<std::string> ReadSecret(absl::string_view prompt) override { return Next(prompt); }
  absl::Status Flush() override { return absl::OkStatus(); }

  // A terminal with a person who will type this; nothing typed shows in err().
  void WillType(std::string line) {
    facts_.can_ask = true;
    typed_.push_back(std::move(line));
  }
  void BeTerminal(int columns) {
    facts_.out_is_terminal = facts_.err_is_terminal = true;
    facts_.columns = columns;
  }

  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }
  size_t unread() const { return typed_.size(); }

 private:
  absl::StatusOr<std::string> Next(absl::string_view prompt) {
    absl::StrAppend(&err_, prompt, "\n");
    if (typed_.empty()) return absl::CancelledError("the input ended; nothing was changed");
    std::string line = std::move(typed_.front());
    typed_.pop_front();
    return line;
  }

  ConsoleFacts facts_;
  std::string out_;
  std::string err_;
  std::deque<std::string> typed_;
};

}  // namespace mig::ctl::testing

#endif  // MIG_CTL_TESTING_FAKE_CONSOLE_H_
