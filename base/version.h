// The version of what is built from this tree: one number for all programs, since they are tested
// together. In --version, and what filters see as loader.version.

#ifndef MIG_BASE_VERSION_H_
#define MIG_BASE_VERSION_H_

namespace mig::base {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace mig::base

#endif  // MIG_BASE_VERSION_H_
