// How a host comes in: its key is made here, a token lets it ask, and the coordinator's answer is a
// certificate, or "wait for an operator" (docs/protocol.md, "Identity").

#ifndef MIG_LOADER_ENROLL_ENROLL_H_
#define MIG_LOADER_ENROLL_ENROLL_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "loader/run/host.h"
#include "trust/host_id.h"
#include "trust/token/token.h"

namespace mig::loader {

struct EnrollOptions {
  trust::Token token;
  // Only a server CA whose certificate or SPKI has this SHA-256 counts. Absent: all those of the
  // packaged root, or of the configuration's ca_file.
  std::optional<base::Digest> ca_pin;
};

struct Enrollment {
  trust::HostId host_id;
  enum class State {
    kEnrolled,  // a certificate is here now
    kAlready,   // it was before; nothing was asked
    kPending,   // an operator has to approve: later runs ask again
  };
  State state = State::kEnrolled;
  std::string waits;  // of kPending: what it waits for, with the operator's name of it ("e-88")
  bool trial_root = false;
};

// Makes the state directory, walks the roots from the packaged one, makes the key, asks. Safe to
// repeat: the same key is used until there is a certificate, and the token is never kept.
//
// Errors (trust::RefusalOf): TOKEN  the coordinator does not take it; DENIED
//   ROOT_VERSION         the roots do not lead to the one that the token was made under
//   SERVER_CERTIFICATE   no server CA has the pin; the server is not by one of them
//   CERTIFICATE          what was issued is not for this key, id and trust domain
//   CONFIGURATION        the packaged root
//   BUSY, UNAVAILABLE    and those of the disk
absl::StatusOr<Enrollment> Enroll(const Host& host, const EnrollOptions& options);

}  // namespace mig::loader

#endif  // MIG_LOADER_ENROLL_ENROLL_H_
