// Contexts: which coordinator, with which CA, as whom. A TOML file without secrets under XDG's
// configuration directory; keys and certificates are files beside it.
//
//   contexts.toml                       0644  current = "prod", [context.prod] endpoint = ...
//   NAME/servers-ca.pem                 0644  CA of the coordinator's server certificate
//   NAME/root                           0644  newest trusted root, an Envelope
//   NAME/operator.key, operator.pem     0600  made by `migctl login`
//   NAME/trusted/                       0600  last trusted releases and plans (trusted_documents.h)

#ifndef MIG_CTL_CONTEXT_CONTEXT_STORE_H_
#define MIG_CTL_CONTEXT_CONTEXT_STORE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/files/local_files.h"

namespace mig::ctl {

// Where a coordinator is.
struct Context {
  std::string name;        // [a-z0-9._-]{1,64}
  std::string endpoint;    // "host:8445", the operators' listener
  std::string enrollment;  // "host:8444"; empty: the endpoint's host at 8444
};

// Values of the process's environment that are asked for: HOME, XDG_CONFIG_HOME, MIGCTL_*.
using Environment = std::map<std::string, std::string>;

// XDG_CONFIG_HOME/migctl, or HOME/.config/migctl. InvalidArgument if neither is set.
absl::StatusOr<std::string> ConfigDirectory(const Environment& environment);

// "host:port" with a port of 1 to 65535; InvalidArgument says what is wrong.
absl::Status CheckEndpoint(absl::string_view endpoint);

// `endpoint` with another port: where enrollment is, if nothing was said.
std::string WithPort(absl::string_view endpoint, int port);

class ContextStore {
 public:
  // `files` is borrowed.
  ContextStore(const LocalFiles& files, std::string directory);

  // Sorted by name. InvalidArgument "FILE:LINE: ..." for a file that is not right.
  absl::StatusOr<std::vector<Context>> List() const;
  // Empty: none was chosen.
  absl::StatusOr<std::string> Current() const;
  // NotFound lists those there are.
  absl::StatusOr<Context> Get(absl::string_view name) const;

  // Adds it, or takes the place of the one of its name; the first one becomes the current one.
  absl::Status Set(const Context& context) const;
  // NotFound lists those there are.
  absl::Status Use(absl::string_view name) const;

  // Path of a context's file, and of its directory of trusted documents.
  std::string CaFile(absl::string_view name) const;
  std::string RootFile(absl::string_view name) const;
  std::string KeyFile(absl::string_view name) const;
  std::string CertificateFile(absl::string_view name) const;
  std::string TrustedDirectory(absl::string_view name) const;
  // Makes the context's directory (0700), for files to be written to it.
  absl::Status MakeDirectory(absl::string_view name) const;

 private:
  struct Contents {
    std::string current;
    std::map<std::string, Context> contexts;
  };
  absl::StatusOr<Contents> Read() const;
  absl::Status Write(const Contents& contents) const;
  std::string PathOf(absl::string_view name, absl::string_view file) const;

  const LocalFiles& files_;
  std::string directory_;
};

}  // namespace mig::ctl

#endif  // MIG_CTL_CONTEXT_CONTEXT_STORE_H_
