#include "coordinator/store/sqlite_store.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/file_system.h"
#include "base/path.h"
#include "base/posix_file_system.h"
#include "base/status_macros.h"
#include "coordinator/store/opened_sqlite_store.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_schema.h"
#include "coordinator/store/store_owner.h"

namespace mig::coordinator {
namespace {

// The write-ahead log is cut back to this after it was written into the file.
constexpr int64_t kWalBytes = 64 * 1024 * 1024;

// For the index of what changes often: SQLite's own default is 2 MiB.
constexpr int64_t kCacheKib = 32 * 1024;

StoreId NewStoreId(base::Random& random) { return StoreId::Random(random); }

// The file system says what it could not do, not what to do about it.
absl::Status WithWayOut(const absl::Status& status, absl::string_view path) {
  if (!absl::IsPermissionDenied(status)) return status;
  return absl::PermissionDeniedError(
      absl::StrCat("store ", path, ": ", status.message(),
                   "; the coordinator's user must own the file and its directory"));
}

absl::StatusOr<std::unique_ptr<base::FileLock>> Lock(const base::OpenedParent& parent) {
  absl::StatusOr<std::unique_ptr<base::FileLock>> lock =
      parent.directory->TryLock(absl::StrCat(parent.name, ".lock"));
  if (absl::IsUnavailable(lock.status())) {
    return absl::UnavailableError(
        absl::StrCat("store ", base::JoinPath(parent.directory->path(), parent.name),
                     ": another process has it open; is a mig-coordinator running already?"));
  }
  return lock;
}

// Makes an empty file if there is none: SQLite itself would make one that others may read.
absl::Status EnsureFile(const base::OpenedParent& parent) {
  absl::StatusOr<base::FileStat> stat = parent.directory->Stat(parent.name);
  if (absl::IsNotFound(stat.status())) {
    MIG_RETURN_IF_ERROR(parent.directory->CreateExclusive(parent.name, 0600).status());
    return parent.directory->Sync();
  }
  MIG_RETURN_IF_ERROR(stat.status());
  if (stat->kind != base::FileKind::kFile) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", base::JoinPath(parent.directory->path(), parent.name),
                     ": it is a directory, symbolic link or device; name a file"));
  }
  return absl::OkStatus();
}

// Beside the code, which a link in the path has too.
constexpr absl::string_view kForeignPayload = "mig.coordinator/foreign-store";

absl::Status Foreign(const std::string& message) {
  absl::Status status = absl::FailedPreconditionError(message);
  status.SetPayload(kForeignPayload, absl::Cord());
  return status;
}

// A store says whose it is since this layout.
constexpr uint32_t kFirstSchemaWithOwner = 2;

absl::Status CheckOwner(Connection& connection, const StoreClaim& claim) {
  MIG_ASSIGN_OR_RETURN(const std::optional<StoreOwner> owner, ReadOwner(connection));
  if (!owner.has_value() || IsOwn(claim, *owner)) return absl::OkStatus();
  return Foreign(absl::StrCat(
      "store ", connection.path(), ": it is the store of ", ToText(*owner), "; this is ",
      ToText(claim.self),
      "; restore a backup of this one's own store, or start with the other one's configuration, "
      "keys and roots"));
}

// Nothing was written yet: another program's file, a newer one, or another coordinator's, stays as
// it is.
absl::Status CheckOurs(Connection& connection, const FileLayout& layout,
                       const std::optional<StoreClaim>& claim) {
  if (layout.kind == FileLayout::Kind::kForeign) {
    return Foreign(
        absl::StrCat("store ", connection.path(),
                     ": it is a database of another program, and stays as it is; name the "
                     "store's file, or one that does not exist yet"));
  }
  if (layout.schema > kSchema) {
    return Foreign(absl::StrCat(
        "store ", connection.path(), ": its schema is ", layout.schema,
        ", this program knows up to ", kSchema,
        ": it was written by a newer mig-coordinator; run that one, or restore the backup that "
        "was made before the upgrade"));
  }
  const bool has_owner =
      layout.kind == FileLayout::Kind::kStore && layout.schema >= kFirstSchemaWithOwner;
  return claim.has_value() && has_owner ? CheckOwner(connection, *claim) : absl::OkStatus();
}

// Of the claimant from now on, with the name and key that it has today.
absl::Status RecordOwner(Connection& connection, const std::optional<StoreClaim>& claim) {
  if (!claim.has_value()) return absl::OkStatus();
  MIG_ASSIGN_OR_RETURN(const std::optional<StoreOwner> owner, ReadOwner(connection));
  return owner == claim->self ? absl::OkStatus() : WriteOwner(connection, claim->self);
}

// Makes the tables, or brings them to this program's layout.
absl::Status Prepare(Connection& connection, const base::OpenedParent& parent,
                     const FileLayout& layout, base::Random& random) {
  if (layout.kind == FileLayout::Kind::kEmpty) {
    return CreateTables(connection, NewStoreId(random));
  }
  if (layout.schema == kSchema) return absl::OkStatus();
  return Migrate(connection, *parent.directory, parent.name, layout.schema, kSchema, Migrations());
}

// What holds for this connection, or is kept in the file without being contents.
absl::Status Configure(Connection& connection, uint64_t max_bytes) {
  MIG_ASSIGN_OR_RETURN(const int64_t page_bytes, connection.SelectNumber("PRAGMA page_size"));
  const uint64_t most = std::numeric_limits<int32_t>::max();
  const uint64_t pages =
      std::clamp<uint64_t>(max_bytes / static_cast<uint64_t>(page_bytes), 1, most);
  // FULL: an fsync of the log at every commit. A switch to WAL is durable in the file itself.
  return connection.Execute(absl::StrCat(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ",
      kWalBytes, "; PRAGMA cache_size = -", kCacheKib, "; PRAGMA max_page_count = ", pages));
}

}  // namespace

bool IsForeignStore(const absl::Status& status) {
  return status.GetPayload(kForeignPayload).has_value();
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::OpenFile(absl::string_view path,
                                                                   const Options& options,
                                                                   base::Random& random) {
  base::PosixFileSystem disk;
  MIG_ASSIGN_OR_RETURN(base::OpenedParent parent, base::OpenParent(disk, path));
  absl::StatusOr<std::unique_ptr<base::FileLock>> lock = Lock(parent);
  if (!lock.ok()) return WithWayOut(lock.status(), path);
  MIG_RETURN_IF_ERROR(WithWayOut(EnsureFile(parent), path));
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                       Connection::Open(path, Connection::Access::kWriter));
  MIG_ASSIGN_OR_RETURN(const FileLayout layout, LookAt(*connection));
  MIG_RETURN_IF_ERROR(CheckOurs(*connection, layout, options.claim));
  MIG_RETURN_IF_ERROR(Configure(*connection, options.max_bytes));
  MIG_RETURN_IF_ERROR(Prepare(*connection, parent, layout, random));
  MIG_RETURN_IF_ERROR(RecordOwner(*connection, options.claim));
  MIG_ASSIGN_OR_RETURN(const StoreMeta meta, ReadMeta(*connection));
  return std::make_unique<OpenedSqliteStore>(*std::move(lock), std::move(connection), meta);
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::OpenInMemory(base::Random& random) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                       Connection::Open("in memory", Connection::Access::kInMemory));
  MIG_RETURN_IF_ERROR(CreateTables(*connection, NewStoreId(random)));
  MIG_ASSIGN_OR_RETURN(const StoreMeta meta, ReadMeta(*connection));
  return std::make_unique<OpenedSqliteStore>(std::move(connection), meta);
}

}  // namespace mig::coordinator
