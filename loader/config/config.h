// The loader's configuration: loader.toml and conf.d/*.toml beside it. What it may say, with
// every default, is config/examples/loader.toml, which a test keeps true.

#ifndef MIG_LOADER_CONFIG_CONFIG_H_
#define MIG_LOADER_CONFIG_CONFIG_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/file_system.h"
#include "base/sizes.h"

namespace mig::loader {

// One path that no component may have or lie in, and why.
struct ReservedPath {
  std::string path;
  std::string what;  // "the state directory", for messages

  friend bool operator==(const ReservedPath&, const ReservedPath&) = default;
};

// A value. All paths are absolute and normal.
struct Config {
  // Where check-ins go: "host:port", tried in this order; at most 8. Never empty.
  std::vector<std::string> coordinators;
  // Where `enroll` and renewals of an expired certificate go. Empty: the first coordinator's host
  // at port 8444.
  std::string enrollment;
  // PEM certificates of the CA of the coordinators' servers. Empty: those in the packaged root.
  std::string ca_file;
  // [a-z0-9.-]{1,253}. Never empty.
  std::string trust_domain;

  std::string state_directory = "/var/lib/mig-loader";
  std::string root_file = "/etc/mig-loader/root";  // the packaged root
  std::string dictionary_file = "/etc/mig-loader/dictionary.toml";

  absl::Duration interval = base::kDefaultInterval;

  // What the host says of itself (docs/protocol.md, "Environment").
  std::string operator_name;
  std::map<std::string, std::string> tags;
  // Absent: every field is reported, and read by filters; else only these (host/report_fields.h).
  std::optional<std::vector<std::string>> report_fields;
  // Whether the end of an agent's output goes into a report of a failure.
  bool send_agent_output = false;

  int activations_per_hour = base::kDefaultActivationsPerHour;
  int activations_per_day = base::kDefaultActivationsPerDay;

  // The files that were read: loader.toml, then those of conf.d in order.
  std::vector<std::string> files;

  // The files that decide what runs here, and the state directory: Dictionary::Load refuses
  // components at or in them.
  std::vector<ReservedPath> ReservedPaths() const;

  // Reads `path` and, sorted by name, the files *.toml of the directory conf.d beside it. A key of
  // a later file replaces that of an earlier one; tags are put together.
  //
  // Every error is one line: file:line, key, what is wrong, what to do.
  //   InvalidArgument     not TOML, an unknown key, a wrong type, a value out of its bounds
  //   NotFound, ...       cannot be read (base/file_system.h)
  //   ResourceExhausted   over 256 KiB, or over 64 files in conf.d
  //   FailedPrecondition  somebody else than root and `owner_uid` could change one of the files
  static absl::StatusOr<Config> Load(base::FileSystem& disk, absl::string_view path,
                                     uint32_t owner_uid);
};

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_CONFIG_H_
