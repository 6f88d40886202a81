// The tables, and how a file of an older layout becomes one of this layout.

#ifndef MIG_COORDINATOR_STORE_SQLITE_SCHEMA_H_
#define MIG_COORDINATOR_STORE_SQLITE_SCHEMA_H_

#include <cstdint>
#include <optional>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/store_meta.h"
#include "coordinator/store/store_owner.h"

namespace mig::coordinator {

// Layout that this program writes; PRAGMA user_version of the file.
inline constexpr uint32_t kSchema = 2;

// PRAGMA application_id: "MIGS".
inline constexpr int64_t kApplicationId = 0x4d494753;

// What brings a file from layout `from` to `from` + 1.
struct Migration {
  uint32_t from = 0;
  absl::string_view sql;
};

// Steps from every older layout to kSchema, in order. 1 to 2: whose store it is.
std::span<const Migration> Migrations();

// What the file is.
struct FileLayout {
  enum class Kind {
    kEmpty,   // nothing is in it: a store can be made
    kStore,   // a store, of layout `schema`
    kForeign  // somebody else's database
  };
  Kind kind = Kind::kForeign;
  uint32_t schema = 0;
};
absl::StatusOr<FileLayout> LookAt(Connection& connection);

// Makes the tables of a new store in an empty database, as one transaction.
absl::Status CreateTables(Connection& connection, const StoreId& store_id);

// Brings the store in file `name` of `directory`, of layout `from`, to layout `to` by `steps`, one
// transaction each, after the whole file was copied to "NAME.schema-FROM.copy" (durable, replaces
// one that is there). Where a step fails, the file has the layout of the step before.
//
// Errors name the copy. Internal: no step leads on.
absl::Status Migrate(Connection& connection, base::Directory& directory, absl::string_view name,
                     uint32_t from, uint32_t to, std::span<const Migration> steps);

absl::StatusOr<StoreMeta> ReadMeta(Connection& connection);

// Who had it open last; nothing: nobody who said so. Since layout 2.
absl::StatusOr<std::optional<StoreOwner>> ReadOwner(Connection& connection);
absl::Status WriteOwner(Connection& connection, const StoreOwner& owner);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_SQLITE_SCHEMA_H_
