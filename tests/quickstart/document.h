// The commands of a document, as they stand in it.

#ifndef MIG_TESTS_QUICKSTART_DOCUMENT_H_
#define MIG_TESTS_QUICKSTART_DOCUMENT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mig::tests {

// All lines of its blocks that begin with "```sh", in order, as one script that stops at the first
// command that fails.
std::string ScriptOf(absl::string_view markdown);

}  // namespace mig::tests

#endif  // MIG_TESTS_QUICKSTART_DOCUMENT_H_
