#include "coordinator/store/sqlite.h"

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace mig::coordinator {
namespace {

// How long one connection waits for another one of this process to leave the file (recovery,
// checkpoints); other processes are kept out by the lock file.
constexpr int kBusyMs = 5'000;

struct Advice {
  absl::StatusCode code;
  absl::string_view text;
};

// What to do about a primary result code (https://sqlite.org/rescode.html).
Advice AdviceFor(int primary_code) {
  switch (primary_code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {absl::StatusCode::kUnavailable,
              "another process holds it: end that (is sqlite3 or a backup running?)"};
    case SQLITE_FULL:
      return {absl::StatusCode::kResourceExhausted,
              "the disk, or the size that the configuration allows, is full: free space or raise "
              "it; nothing was half-written"};
    case SQLITE_NOMEM:
      return {absl::StatusCode::kResourceExhausted, "out of memory"};
    case SQLITE_CORRUPT:
      return {absl::StatusCode::kDataLoss,
              "the file is damaged: stop the coordinator, keep the file, and restore the newest "
              "backup"};
    case SQLITE_NOTADB:
      return {absl::StatusCode::kFailedPrecondition,
              "it is not an SQLite database: name the store's file, or restore a backup"};
    case SQLITE_IOERR:
      return {absl::StatusCode::kDataLoss,
              "the disk could not read or write: look at the kernel's log, then restart"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {absl::StatusCode::kPermissionDenied,
              "the coordinator's user must own the file and its directory"};
    case SQLITE_CANTOPEN:
      return {absl::StatusCode::kPermissionDenied,
              "it cannot be opened: the coordinator's user must own the file and its directory, "
              "and no part of the path may be a symbolic link"};
    default:
      return {absl::StatusCode::kInternal, "this is a fault of the program"};
  }
}

// A quota, or a limit on the size of files, is told as a failed write.
bool IsFull(sqlite3* database) {
  const int error = sqlite3_system_errno(database);
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

absl::Status ErrorOf(sqlite3* database, absl::string_view path, absl::string_view doing) {
  const int code = sqlite3_extended_errcode(database);
  const bool is_write = (code & 0xff) == SQLITE_IOERR;
  const Advice advice = AdviceFor(is_write && IsFull(database) ? SQLITE_FULL : code & 0xff);
  return absl::Status(advice.code,
                      absl::StrCat("store ", path, ": ", doing, ": ", sqlite3_errmsg(database),
                                   " (SQLite ", code, "); ", advice.text));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(absl::string_view path,
                                                             Access access) {
  const std::string name = access == Access::kInMemory ? ":memory:" : std::string(path);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                    (access == Access::kInMemory ? SQLITE_OPEN_MEMORY : 0);
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &database, flags, nullptr);
  if (database == nullptr) return absl::ResourceExhaustedError("out of memory");
  std::unique_ptr<Connection> connection(new Connection(database, path));
  sqlite3_extended_result_codes(database, 1);
  if (code != SQLITE_OK) return connection->Error("open");
  sqlite3_busy_timeout(database, kBusyMs);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  MIG_RETURN_IF_ERROR(
      connection->Execute("PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = 1"));
  if (access == Access::kReader) {
    MIG_RETURN_IF_ERROR(connection->Execute("PRAGMA query_only = 1"));
  }
  return connection;
}

Connection::~Connection() {
  // Queries are gone by now; a connection with open ones would stay open.
  MIG_CHECK(sqlite3_close(database_) == SQLITE_OK) << path_;
}

absl::Status Connection::Execute(const std::string& sql) {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Error(sql.substr(0, 60));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Connection::SelectNumber(const std::string& sql) {
  Query query(*this, sql);
  Run run(query);
  MIG_ASSIGN_OR_RETURN(const bool found, run.Step());
  if (!found) return absl::InternalError(absl::StrCat("store ", path_, ": no row for ", sql));
  return static_cast<int64_t>(run.TakeNumber());
}

absl::Status Connection::Error(absl::string_view doing) const {
  return ErrorOf(database_, path_, doing);
}

Query::Query(Connection& connection, std::string sql)
    : connection_(connection), sql_(std::move(sql)) {}

Query::Query(Query&& other) noexcept
    : connection_(other.connection_),
      sql_(std::move(other.sql_)),
      statement_(std::exchange(other.statement_, nullptr)) {}

Query::~Query() { sqlite3_finalize(statement_); }

Run::Run(Query& query) : query_(query) {
  if (query.statement_ == nullptr) {
    const int code = sqlite3_prepare_v3(query.connection_.database_, query.sql_.c_str(),
                                        static_cast<int>(query.sql_.size()) + 1,
                                        SQLITE_PREPARE_PERSISTENT, &query.statement_, nullptr);
    if (code != SQLITE_OK) {
      status_ = query.connection_.Error(query.sql_.substr(0, 60));
      return;
    }
  }
  statement_ = query.statement_;
}

Run::~Run() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

void Run::Check(int code) {
  if (code != SQLITE_OK && status_.ok()) status_ = query_.connection_.Error("bind");
}

Run& Run::Null() {
  if (status_.ok()) Check(sqlite3_bind_null(statement_, ++parameter_));
  return *this;
}

Run& Run::Number(uint64_t number) {
  if (status_.ok()) {
    Check(sqlite3_bind_int64(statement_, ++parameter_, static_cast<int64_t>(number)));
  }
  return *this;
}

Run& Run::Time(absl::Time time) {
  if (time == absl::InfinitePast()) return Null();
  if (status_.ok()) {
    Check(sqlite3_bind_int64(statement_, ++parameter_, absl::ToUnixMillis(time)));
  }
  return *this;
}

Run& Run::Blob(absl::string_view bytes) {
  if (!status_.ok()) return *this;
  ++parameter_;
  // A null pointer would be NULL, not an empty value.
  Check(bytes.empty() ? sqlite3_bind_zeroblob(statement_, parameter_, 0)
                      : sqlite3_bind_blob64(statement_, parameter_, bytes.data(), bytes.size(),
                                            SQLITE_STATIC));
  return *this;
}

Run& Run::OwnBlob(absl::string_view bytes) {
  if (bytes.empty()) return Blob(bytes);
  if (status_.ok()) {
    Check(sqlite3_bind_blob64(statement_, ++parameter_, bytes.data(), bytes.size(),
                              SQLITE_TRANSIENT));
  }
  return *this;
}

Run& Run::Text(absl::string_view text) {
  if (!status_.ok()) return *this;
  Check(sqlite3_bind_text64(statement_, ++parameter_, text.empty() ? "" : text.data(), text.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Run& Run::OptionalDigest(const std::optional<base::Digest>& digest) {
  return digest.has_value() ? Digest(*digest) : Null();
}

absl::StatusOr<bool> Run::Step() {
  MIG_RETURN_IF_ERROR(status_);
  column_ = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  status_ = query_.connection_.Error(query_.sql_.substr(0, 60));
  return status_;
}

absl::Status Run::ToEnd() {
  while (true) {
    MIG_ASSIGN_OR_RETURN(const bool row, Step());
    if (!row) return absl::OkStatus();
  }
}

bool Run::NextIsNull() const { return sqlite3_column_type(statement_, column_) == SQLITE_NULL; }

uint64_t Run::TakeNumber() {
  return static_cast<uint64_t>(sqlite3_column_int64(statement_, column_++));
}

absl::Time Run::TakeTime() {
  if (NextIsNull()) {
    ++column_;
    return absl::InfinitePast();
  }
  return absl::FromUnixMillis(sqlite3_column_int64(statement_, column_++));
}

absl::string_view Run::NextBytes() {
  const int column = column_++;
  const void* bytes = sqlite3_column_blob(statement_, column);
  if (bytes == nullptr) return "";
  return absl::string_view(static_cast<const char*>(bytes),
                           static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

std::string Run::TakeBytes() { return std::string(NextBytes()); }

base::Digest Run::TakeDigest() {
  absl::StatusOr<base::Digest> digest = base::Digest::FromBytes(NextBytes());
  if (digest.ok()) return *digest;
  Spoil("32 bytes");
  return {};
}

std::optional<base::Digest> Run::TakeOptionalDigest() {
  if (!NextIsNull()) return TakeDigest();
  ++column_;
  return std::nullopt;
}

void Run::Spoil(absl::string_view wanted) {
  if (!status_.ok()) return;
  status_ = absl::DataLossError(
      absl::StrCat("store ", query_.connection_.path_, ": a row has something else than ", wanted,
                   " as '", sqlite3_column_name(statement_, column_ > 0 ? column_ - 1 : 0),
                   "': it was changed by hand or is damaged; restore the newest backup"));
}

}  // namespace mig::coordinator
