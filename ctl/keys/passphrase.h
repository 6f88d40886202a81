// Passphrases of key files: asked for without echo, or read from a file where no person sits.

#ifndef MIG_CTL_KEYS_PASSPHRASE_H_
#define MIG_CTL_KEYS_PASSPHRASE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/files/local_files.h"
#include "ctl/output/console.h"

namespace mig::ctl {

// Where a passphrase comes from: the first line of `file` (0600), else the person at `console`.
struct PassphraseSource {
  Console& console;
  const LocalFiles& files;
  std::optional<std::string> file;
};

// A new one: asked for twice. InvalidArgument if it is empty, if the two differ, or if nobody can
// be asked and there is no file (naming --passphrase-file).
absl::StatusOr<std::string> NewPassphrase(const PassphraseSource& source);

// That of an existing key; `key` names it in the question.
absl::StatusOr<std::string> ExistingPassphrase(const PassphraseSource& source,
                                               absl::string_view key);

}  // namespace mig::ctl

#endif  // MIG_CTL_KEYS_PASSPHRASE_H_
