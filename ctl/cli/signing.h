// The one way from a document to its signature: decode, show, compare, ask, sign, check, keep.

#ifndef MIG_CTL_CLI_SIGNING_H_
#define MIG_CTL_CLI_SIGNING_H_

#include <string>

#include "absl/status/statusor.h"
#include "ctl/cli/documents.h"
#include "ctl/cli/session.h"
#include "trust/document_type.h"
#include "trust/key_file.h"

namespace mig::ctl {

struct SignArguments {
  std::string document;  // a file, or a name
  std::string key;       // a file, or a name
};

// Signs one document that was found by name. A file gets the signature in its place, whole; one of
// the coordinator's is uploaded. Ends with the next command.
absl::StatusOr<int> Sign(Session& session, trust::DocumentType type,
                         const SignArguments& arguments);

// The same for a document and a key that are open already. Shows the table's line, and returns the
// JSON object for the caller to show.
absl::StatusOr<Json> SignOne(Session& session, const NamedDocument& document,
                             const trust::NamedSigningKey& key);

// Shows a document with its signatures, as table or JSON.
absl::StatusOr<int> ShowDocument(Session& session, trust::DocumentType type,
                                 const std::string& name);

}  // namespace mig::ctl

#endif  // MIG_CTL_CLI_SIGNING_H_
