// The console of this process: its standard input, output and error.

#ifndef MIG_CTL_OUTPUT_TERMINAL_H_
#define MIG_CTL_OUTPUT_TERMINAL_H_

#include <string>

#include "ctl/output/console.h"

namespace mig::ctl {

// What the environment and the command line say about input and looks.
struct TerminalOptions {
  bool no_color = false;  // NO_COLOR is set and not empty
  bool no_input = false;  // --no-input
};

class Terminal : public Console {
 public:
  explicit Terminal(TerminalOptions options);

  const ConsoleFacts& facts() const override { return facts_; }
  void Out(absl::string_view text) override;
  void Err(absl::string_view text) override;
  absl::StatusOr<std::string> ReadLine(absl::string_view prompt) override;
  absl::StatusOr<std::string> ReadSecret(absl::string_view prompt) override;
  absl::Status Flush() override;

 private:
  ConsoleFacts facts_;
  absl::Status written_;
};

}  // namespace mig::ctl

#endif  // MIG_CTL_OUTPUT_TERMINAL_H_
