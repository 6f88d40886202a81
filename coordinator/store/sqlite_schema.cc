#include "coordinator/store/sqlite_schema.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/path.h"
#include "base/status_macros.h"

namespace mig::coordinator {
namespace {

// Wide rows have a rowid table and an index by their key; narrow ones lie in their key's tree.
constexpr absl::string_view kTables = R"sql(
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  store_id BLOB NOT NULL,
  generation INTEGER NOT NULL,
  change INTEGER NOT NULL,
  audit_seq INTEGER NOT NULL,
  audit_hash BLOB NOT NULL,
  owner_domain TEXT,
  owner_name TEXT,
  owner_key BLOB
) STRICT;

CREATE TABLE host (
  id BLOB PRIMARY KEY,
  revision INTEGER NOT NULL,
  state INTEGER NOT NULL,
  key_current BLOB,
  key_next BLOB,
  key_former BLOB,
  name TEXT NOT NULL,
  labels BLOB NOT NULL,
  expected_environment TEXT NOT NULL,
  machine BLOB NOT NULL,
  enrolled_at INTEGER NOT NULL,
  token_number INTEGER NOT NULL,
  clones_seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE host_seen (
  id BLOB PRIMARY KEY,
  last_seen INTEGER NOT NULL,
  seen_address TEXT NOT NULL,
  environment BLOB NOT NULL,
  summary BLOB NOT NULL,
  machine BLOB NOT NULL,
  answer_issued BLOB NOT NULL,
  answer_returned BLOB NOT NULL
) STRICT;

CREATE TABLE certificate (
  serial BLOB PRIMARY KEY,
  host BLOB NOT NULL,
  spki BLOB NOT NULL,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_host ON certificate (host, issued_at);
CREATE INDEX certificate_end ON certificate (expires_at);

CREATE TABLE document (
  digest BLOB PRIMARY KEY,
  revision INTEGER NOT NULL,
  type INTEGER NOT NULL,
  state INTEGER NOT NULL,
  envelope BLOB NOT NULL,
  line TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  title TEXT NOT NULL,
  rollout BLOB,
  issued_at INTEGER NOT NULL,
  added_at INTEGER NOT NULL,
  added_by TEXT NOT NULL
) STRICT;
CREATE INDEX document_line ON document (type, line, epoch, sequence, digest);
CREATE UNIQUE INDEX document_number ON document (type, line, epoch, sequence) WHERE state = 2;

CREATE TABLE offer (
  rollout BLOB NOT NULL,
  host BLOB NOT NULL,
  kind INTEGER NOT NULL,
  wave INTEGER NOT NULL,
  at INTEGER NOT NULL,
  plan BLOB NOT NULL,
  counted INTEGER NOT NULL,
  PRIMARY KEY (rollout, host)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome (
  number INTEGER PRIMARY KEY,
  host BLOB NOT NULL,
  attempt BLOB NOT NULL,
  rollout BLOB,
  received_at INTEGER NOT NULL,
  counted INTEGER NOT NULL,
  outcome BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX outcome_attempt ON outcome (host, attempt);
CREATE INDEX outcome_host ON outcome (host, number);
CREATE INDEX outcome_rollout ON outcome (rollout, number) WHERE rollout IS NOT NULL;

CREATE TABLE rollout_event (
  rollout BLOB NOT NULL,
  seq INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  at INTEGER NOT NULL,
  plan BLOB NOT NULL,
  wave INTEGER NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail BLOB NOT NULL,
  PRIMARY KEY (rollout, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
  number INTEGER PRIMARY KEY,
  secret_hash BLOB NOT NULL UNIQUE,
  uses INTEGER NOT NULL,
  use_limit INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  last_used_at INTEGER,
  approval INTEGER NOT NULL,
  labels BLOB NOT NULL,
  created_by TEXT NOT NULL,
  revoked INTEGER NOT NULL
) STRICT;

CREATE TABLE enrollment (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  host BLOB NOT NULL,
  token_number INTEGER NOT NULL,
  csr BLOB NOT NULL,
  environment BLOB NOT NULL,
  machine BLOB NOT NULL,
  seen_address TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  UNIQUE (token_number, host)
) STRICT;
CREATE INDEX enrollment_state ON enrollment (state, number);

CREATE TABLE operator (
  name TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  roles INTEGER NOT NULL,
  key_current BLOB,
  key_next BLOB,
  key_former BLOB,
  certificate_expires_at INTEGER,
  created_at INTEGER NOT NULL,
  revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE invite (
  secret_hash BLOB PRIMARY KEY,
  operator_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  used_at INTEGER,
  revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  difference TEXT NOT NULL,
  prev BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
)sql";

constexpr Migration kSteps[] = {
    {1, R"sql(
ALTER TABLE meta ADD COLUMN owner_domain TEXT;
ALTER TABLE meta ADD COLUMN owner_name TEXT;
ALTER TABLE meta ADD COLUMN owner_key BLOB;
)sql"},
};

absl::Status NoMetaRow(const Connection& connection) {
  return absl::DataLossError(absl::StrCat("store ", connection.path(),
                                          ": its meta row is gone; restore the newest backup"));
}

// Ends the transaction by COMMIT if `status` is ok, else by ROLLBACK.
absl::Status EndTransaction(Connection& connection, absl::Status status) {
  if (status.ok()) status = connection.Execute("COMMIT");
  if (!status.ok() && connection.in_transaction()) {
    connection.Execute("ROLLBACK").IgnoreError();  // the first error is the one to tell
  }
  return status;
}

absl::Status InsertMeta(Connection& connection, const StoreId& store_id) {
  Query query(connection,
              "INSERT INTO meta (one, store_id, generation, change, audit_seq, audit_hash) "
              "VALUES (1, ?, 0, 0, 0, ?)");
  const base::Digest none;
  return Run(query).Id(store_id).Digest(none).ToEnd();
}

absl::Status Create(Connection& connection, const StoreId& store_id) {
  MIG_RETURN_IF_ERROR(connection.Execute(std::string(kTables)));
  MIG_RETURN_IF_ERROR(InsertMeta(connection, store_id));
  return connection.Execute(absl::StrCat("PRAGMA application_id = ", kApplicationId,
                                         "; PRAGMA user_version = ", kSchema));
}

// A copy that is whole and durable, or no copy. Returns its name.
absl::StatusOr<std::string> CopyFile(Connection& connection, base::Directory& directory,
                                     absl::string_view name, uint32_t schema) {
  const std::string copy = absl::StrCat(name, ".schema-", schema, ".copy");
  const std::string unfinished = copy + ".new";
  if (absl::Status status = directory.Unlink(unfinished);
      !status.ok() && !absl::IsNotFound(status)) {
    return status;
  }
  const std::string target = base::JoinPath(directory.path(), unfinished);
  Query query(connection, "VACUUM INTO ?");
  MIG_RETURN_IF_ERROR(Run(query).Text(target).ToEnd());
  MIG_ASSIGN_OR_RETURN(auto file, directory.OpenReadWrite(unfinished));
  MIG_RETURN_IF_ERROR(file->SetMode(0600));
  MIG_RETURN_IF_ERROR(file->Sync());
  MIG_RETURN_IF_ERROR(directory.Rename(unfinished, directory, copy));
  MIG_RETURN_IF_ERROR(directory.Sync());
  return copy;
}

absl::Status TakeStep(Connection& connection, uint32_t from, std::span<const Migration> steps) {
  for (const Migration& step : steps) {
    if (step.from != from) continue;
    MIG_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
    absl::Status status = connection.Execute(std::string(step.sql));
    if (status.ok()) {
      status = connection.Execute(absl::StrCat("PRAGMA user_version = ", from + 1));
    }
    return EndTransaction(connection, std::move(status));
  }
  return absl::InternalError(absl::StrCat("store ", connection.path(),
                                          ": no migration from schema ", from,
                                          "; this is a fault of the program"));
}

}  // namespace

std::span<const Migration> Migrations() { return kSteps; }

absl::StatusOr<FileLayout> LookAt(Connection& connection) {
  MIG_ASSIGN_OR_RETURN(const int64_t application, connection.SelectNumber("PRAGMA application_id"));
  MIG_ASSIGN_OR_RETURN(const int64_t schema, connection.SelectNumber("PRAGMA user_version"));
  MIG_ASSIGN_OR_RETURN(const int64_t tables,
                       connection.SelectNumber("SELECT count(*) FROM sqlite_schema"));
  if (application == kApplicationId && schema > 0) {
    return FileLayout{.kind = FileLayout::Kind::kStore, .schema = static_cast<uint32_t>(schema)};
  }
  const bool empty = application == 0 && schema == 0 && tables == 0;
  return FileLayout{.kind = empty ? FileLayout::Kind::kEmpty : FileLayout::Kind::kForeign};
}

absl::Status CreateTables(Connection& connection, const StoreId& store_id) {
  MIG_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  return EndTransaction(connection, Create(connection, store_id));
}

absl::Status Migrate(Connection& connection, base::Directory& directory, absl::string_view name,
                     uint32_t from, uint32_t to, std::span<const Migration> steps) {
  MIG_ASSIGN_OR_RETURN(const std::string copy, CopyFile(connection, directory, name, from));
  for (uint32_t schema = from; schema < to; ++schema) {
    if (absl::Status status = TakeStep(connection, schema, steps); !status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat(status.message(), "; it was being migrated from schema ",
                                       from, " to ", to, ", and what it was before lies in ",
                                       base::JoinPath(directory.path(), copy)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<StoreMeta> ReadMeta(Connection& connection) {
  MIG_ASSIGN_OR_RETURN(const int64_t schema, connection.SelectNumber("PRAGMA user_version"));
  Query query(connection,
              "SELECT store_id, generation, change, audit_seq, audit_hash FROM meta WHERE one = 1");
  Run run(query);
  MIG_ASSIGN_OR_RETURN(const bool found, run.Step());
  if (!found) return NoMetaRow(connection);
  StoreMeta meta;
  meta.schema = static_cast<uint32_t>(schema);
  meta.store_id = run.TakeId<StoreId>();
  meta.generation = run.TakeNumber();
  meta.change = run.TakeNumber();
  meta.audit.seq = run.TakeNumber();
  meta.audit.hash = run.TakeDigest();
  MIG_RETURN_IF_ERROR(run.status());
  return meta;
}

absl::StatusOr<std::optional<StoreOwner>> ReadOwner(Connection& connection) {
  Query query(connection, "SELECT owner_key, owner_domain, owner_name FROM meta WHERE one = 1");
  Run run(query);
  MIG_ASSIGN_OR_RETURN(const bool found, run.Step());
  if (!found) return NoMetaRow(connection);
  if (run.NextIsNull()) return std::nullopt;
  StoreOwner owner;
  owner.online_key = run.TakeId<trust::KeyId>();
  owner.trust_domain = run.TakeBytes();
  owner.name = run.TakeBytes();
  MIG_RETURN_IF_ERROR(run.status());
  return owner;
}

absl::Status WriteOwner(Connection& connection, const StoreOwner& owner) {
  Query query(connection,
              "UPDATE meta SET owner_domain = ?, owner_name = ?, owner_key = ? WHERE one = 1");
  return Run(query).Text(owner.trust_domain).Text(owner.name).Id(owner.online_key).ToEnd();
}

}  // namespace mig::coordinator
