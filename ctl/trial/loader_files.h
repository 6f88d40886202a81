// A loader's configuration and dictionary for a trial: a start that people change.

#ifndef MIG_CTL_TRIAL_LOADER_FILES_H_
#define MIG_CTL_TRIAL_LOADER_FILES_H_

#include <string>

#include "absl/time/time.h"

namespace mig::ctl {

struct LoaderFacts {
  std::string trust_domain;
  std::string coordinator;  // "host:8443"
  std::string enrollment;   // "host:8444"
  std::string directory;    // where loader.toml lies, from the root
  std::string product;
  absl::Duration interval;
};

// What loader/config/config.h reads: state, dictionary and root lie in `directory`.
std::string LoaderToml(const LoaderFacts& facts);
// What loader/config/dictionary.h reads: one product, one component, started as a process.
std::string DictionaryToml(const LoaderFacts& facts);

}  // namespace mig::ctl

#endif  // MIG_CTL_TRIAL_LOADER_FILES_H_
