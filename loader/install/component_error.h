// At which component something failed: carried by the error itself, from where it is found out to
// its report.

#ifndef MIG_LOADER_INSTALL_COMPONENT_ERROR_H_
#define MIG_LOADER_INSTALL_COMPONENT_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mig::loader {

// "component 'agent': " before the message, and the name for ComponentOf. Ok stays ok, and an error
// that has a name already stays as it is.
absl::Status AtComponent(absl::string_view name, const absl::Status& status);

// The same without a word before the message, which has the name in it.
absl::Status AboutComponent(absl::string_view name, absl::Status status);

// The component's name; empty: it is about none, or about several.
std::string ComponentOf(const absl::Status& status);

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_COMPONENT_ERROR_H_
