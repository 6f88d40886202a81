// How one product's agent is started, stopped and asked, as the host's own dictionary says it.
// Nothing of this ever comes from the network (DESIGN.md 4, "Names, not paths").

#ifndef MIG_LOADER_SERVICES_AGENT_SPEC_H_
#define MIG_LOADER_SERVICES_AGENT_SPEC_H_

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace mig::loader {

// The agent is well iff...
struct CommandProbe {
  std::vector<std::string> argv;  // ... this ends with status 0. argv[0] is absolute.
};
struct HttpProbe {
  std::string url;  // ... a GET of it is answered with 2xx; see http_probe.h for what it may be.
};
struct SocketProbe {
  std::string path;  // ... this local stream socket takes a connection. Absolute.
};
struct FileProbe {
  std::string path;  // ... this regular file is there. Absolute.
};

// monostate: there is no probe; that the process stays up is all that is known.
using ProbeSpec = std::variant<std::monostate, CommandProbe, HttpProbe, SocketProbe, FileProbe>;

enum class Activation {
  kNone,            // nothing runs: files only
  kProcess,         // the loader starts `command` itself
  kSelfInstalling,  // `install` makes the agent install its service and end the old process
};

// One product's agent. A value; whoever makes it has checked that commands and paths are absolute.
struct AgentSpec {
  std::string product;  // [a-z][a-z0-9-]{0,31}; also the name of this host's records about it
  Activation activation = Activation::kNone;

  // The program and its arguments; with kSelfInstalling only command[0], by which the running
  // agent is found, is used. Empty with kNone.
  std::vector<std::string> command;
  std::vector<std::string> install;  // kSelfInstalling only
  std::string unit;                  // what the platform calls the service; for messages
  std::string pid_file;              // where the agent writes its number; empty: found by program

  // kProcess only: it says READY=1 itself (notify_socket.h), and is not well before it has.
  bool notifies = false;

  // Prints the version of the agent that runs; argv[0] is absolute. Empty: nobody can ask.
  std::vector<std::string> version_command;
  // What it must print, as a word of its own: the release's version. Empty: not known, not asked.
  std::string expected_version;

  ProbeSpec probe;
  absl::Duration probe_timeout = absl::Seconds(5);

  // From the start until READY=1 must have been said, and the probe must have succeeded once. Cut
  // to the probation if longer.
  absl::Duration ready_timeout = absl::Seconds(30);
  // From SIGTERM to SIGKILL, for all that the agent started too.
  absl::Duration stop_timeout = absl::Seconds(10);
  // For the install command, and then again for the new process to be up and the old one gone.
  absl::Duration install_timeout = absl::Seconds(60);

  // How much of the end of the agent's output goes into Health::output; 0: none is kept at all.
  // At most base::kMaxAgentOutputBytes.
  size_t max_output_bytes = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_AGENT_SPEC_H_
