// One run of migctl: what was asked for in general (flag, else MIGCTL_*, else the context), and on
// demand the coordinator, the trusted root, keys.

#ifndef MIG_CTL_CLI_SESSION_H_
#define MIG_CTL_CLI_SESSION_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ctl/cli/world.h"
#include "ctl/context/context_store.h"
#include "ctl/context/trusted_documents.h"
#include "ctl/keys/key_store.h"
#include "ctl/keys/passphrase.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/transport/admin_client.h"
#include "trust/root.h"
#include "trust/verified.h"

namespace mig::ctl {

// Flags that every verb has. Empty: not given; then the environment's, then the context's.
struct GlobalOptions {
  std::string context;          // MIGCTL_CONTEXT
  std::string endpoint;         // MIGCTL_ENDPOINT
  std::string ca;               // MIGCTL_CA
  std::string root;             // MIGCTL_ROOT
  std::string key_dir;          // MIGCTL_KEY_DIR
  std::string passphrase_file;  // MIGCTL_PASSPHRASE_FILE
  std::string output;           // MIGCTL_OUTPUT: table, json, jsonl
  bool no_input = false;        // MIGCTL_NO_INPUT: the console does not ask
  bool yes = false;             // what is asked for is meant
  std::string fields;           // of verbs that only read: a,b
};

class Session {
 public:
  Session(World& world, GlobalOptions options);

  World& world() const { return world_; }
  Console& console() const { return world_.console; }
  const LocalFiles& files() const { return world_.files; }
  absl::Time now() const { return world_.clock.WallNow(); }
  bool yes() const { return options_.yes; }

  // InvalidArgument for another word than table, json or jsonl.
  absl::Status CheckOutput() const;
  bool wants_json() const { return output_ == "json" || wants_lines(); }
  // A line for each element, or for each change that is watched.
  bool wants_lines() const { return output_ == "jsonl"; }
  // `json` and a line break, if that is wanted; else `screen` as it is. To be called once in a run.
  void Show(absl::string_view screen, const Json& json) const;
  // The same for what only reads: with --fields, that much of it. InvalidArgument for a field that
  // there is not, and for --fields with a screen that has none.
  absl::Status ShowPart(absl::string_view screen, const Json& json) const;
  absl::Status ShowPart(const Table& table, const Json& json) const;
  // "Next: COMMAND" as a message, for a person.
  void Next(absl::string_view command) const;

  absl::StatusOr<ContextStore> contexts() const;
  // The chosen context with what flags and environment say over it. InvalidArgument if none was
  // chosen and there is no endpoint.
  absl::StatusOr<Context> context() const;
  absl::StatusOr<TrustedDocuments> trusted() const;

  // Connects as the operator of the context. A certificate that nears its end, or has ended, is
  // renewed on the way. FailedPrecondition if there was no login.
  absl::StatusOr<AdminClient*> admin();
  // Where first logins and late renewals go.
  absl::StatusOr<std::unique_ptr<EnrollmentClient>> enrollment() const;

  // The newest trusted root: the one given with --root, else the context's; with a coordinator it
  // is followed to its newest successor, which is kept. Says TRIAL ROOT 1 of 1 if it is one.
  absl::StatusOr<const trust::Verified<trust::Root>*> root();
  // The same without asking a coordinator; null if there is none.
  absl::StatusOr<const trust::Verified<trust::Root>*> local_root();

  PassphraseSource passphrase() const;
  // What `--key WHAT` means here.
  KeySearch key(const std::string& what) const;

 private:
  std::vector<std::string> fields() const;
  void OutJson(absl::string_view json) const;
  std::string Setting(const std::string& flag, const std::string& variable) const;
  absl::StatusOr<std::string> ContextName() const;
  absl::StatusOr<ServerAddress> Address(const std::string& endpoint) const;
  absl::StatusOr<OperatorIdentity> Identity();
  absl::StatusOr<OperatorIdentity> StoredIdentity(const ContextStore& store,
                                                  const Context& context) const;
  absl::StatusOr<std::string> RenewIfDue(const OperatorIdentity& identity);
  absl::Status FollowRoots();
  void SayTrial();

  World& world_;
  GlobalOptions options_;
  std::string output_;
  std::unique_ptr<AdminClient> admin_;
  std::optional<trust::Verified<trust::Root>> root_;
  bool said_trial_ = false;
};

}  // namespace mig::ctl

#endif  // MIG_CTL_CLI_SESSION_H_
