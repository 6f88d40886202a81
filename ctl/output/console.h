// The person, or the script, in front of migctl: two ways out, one way in.

#ifndef MIG_CTL_OUTPUT_CONSOLE_H_
#define MIG_CTL_OUTPUT_CONSOLE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::ctl {

struct ConsoleFacts {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  // Somebody can be asked: standard input is a terminal, and --no-input was not given.
  bool can_ask = false;
  // Colour may be used: a terminal, and no NO_COLOR.
  bool has_color = false;
  // Characters in a line of the terminal.
  int columns = 80;
};

// One thread at a time.
class Console {
 public:
  virtual ~Console() = default;

  virtual const ConsoleFacts& facts() const = 0;

  // Data: what a pipe gets.
  virtual void Out(absl::string_view text) = 0;
  // Messages: what a person reads beside it.
  virtual void Err(absl::string_view text) = 0;

  // Shows `prompt` as a message and reads one line, without its end; at most 4 KiB. Unavailable at
  // the end of input. Callers look at facts().can_ask first.
  virtual absl::StatusOr<std::string> ReadLine(absl::string_view prompt) = 0;
  // The same without showing what is typed.
  virtual absl::StatusOr<std::string> ReadSecret(absl::string_view prompt) = 0;

  // Ok iff everything given to Out was written; to be asked once, at the end.
  virtual absl::Status Flush() = 0;
};

// Asks for `expected` before something that many notice: ok iff it was typed, or `flag` (--yes) was
// given, which the caller says with `given`. InvalidArgument where nobody can be asked, naming the
// flag; FailedPrecondition if something else was typed: nothing was changed.
struct Confirmation {
  std::string what;        // "Type the plan's name"
  std::string expected;    // "agent-4.2"
  absl::string_view flag;  // "--yes"
  bool given = false;
};
absl::Status Confirm(Console& console, const Confirmation& confirmation);

}  // namespace mig::ctl

#endif  // MIG_CTL_OUTPUT_CONSOLE_H_
