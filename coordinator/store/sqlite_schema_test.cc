// How an older file becomes one of this layout: by this program's steps, and by some that no
// release has.

#include "coordinator/store/sqlite_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/posix_file_system.h"
#include "base/testing/status_matchers.h"
#include "coordinator/store/testing/temporary_directory.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr Migration kAddColumn = {1, "ALTER TABLE host ADD COLUMN site TEXT NOT NULL DEFAULT 'x'"};
constexpr Migration kAddTable = {2, "CREATE TABLE mirror (url TEXT PRIMARY KEY) STRICT"};
constexpr Migration kBroken = {2, "CREATE TABLE mirror (url TEXT); INSERT INTO nowhere VALUES (1)"};

class SqliteSchemaTest : public ::testing::Test {
 protected:
  SqliteSchemaTest() {
    std::ofstream(path_).flush();
    connection_ = *Connection::Open(path_, Connection::Access::kWriter);
    EXPECT_THAT(CreateTables(*connection_, StoreId()), IsOk());
    EXPECT_THAT(connection_->Execute("UPDATE meta SET change = 42"), IsOk());
    // As the first layout had it.
    EXPECT_THAT(connection_->Execute("ALTER TABLE meta DROP COLUMN owner_domain;"
                                     "ALTER TABLE meta DROP COLUMN owner_name;"
                                     "ALTER TABLE meta DROP COLUMN owner_key;"
                                     "PRAGMA user_version = 1"),
                IsOk());
    parent_ = *disk_.OpenRoot(directory_.path());
  }

  absl::Status MigrateBy(const std::vector<Migration>& steps, uint32_t to) {
    return Migrate(*connection_, *parent_, "store.sqlite", 1, to, steps);
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_ / "store.sqlite";
  std::string copy_ = directory_ / "store.sqlite.schema-1.copy";
  base::PosixFileSystem disk_;
  std::unique_ptr<base::Directory> parent_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(SqliteSchemaTest, TheStepsOfThisProgramLeadToItsSchema) {
  uint32_t schema = 1;
  for (const Migration& step : Migrations()) EXPECT_EQ(step.from, schema++);
  EXPECT_EQ(schema, kSchema);
}

TEST_F(SqliteSchemaTest, AStoreOfTheFirstLayoutComesOutAsANewOneIsMade) {
  ASSERT_THAT(Migrate(*connection_, *parent_, "store.sqlite", 1, kSchema, Migrations()), IsOk());

  EXPECT_EQ(ReadMeta(*connection_)->schema, kSchema);
  EXPECT_EQ(ReadMeta(*connection_)->change, 42);
  EXPECT_THAT(ReadOwner(*connection_), IsOkAndHolds(std::nullopt));
  const std::string made = directory_ / "made.sqlite";
  std::ofstream(made).flush();
  const auto fresh = *Connection::Open(made, Connection::Access::kWriter);
  ASSERT_THAT(CreateTables(*fresh, StoreId()), IsOk());
  // Their columns: how many, how many of them may not be NULL, and which stands where.
  for (const char* what : {"count(*)", "sum(c.\"notnull\")", "sum(c.cid * unicode(c.name))"}) {
    const std::string sql = absl::StrCat(
        "SELECT ", what, " FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c");
    EXPECT_EQ(*connection_->SelectNumber(sql), *fresh->SelectNumber(sql)) << what;
  }
}

TEST_F(SqliteSchemaTest, StepsAreTakenInOrderAndWhatWasBeforeIsKept) {
  ASSERT_THAT(MigrateBy({kAddColumn, kAddTable}, 3), IsOk());

  EXPECT_THAT(LookAt(*connection_)->schema, 3);
  EXPECT_THAT(connection_->SelectNumber("SELECT count(site) FROM host"), IsOkAndHolds(0));
  EXPECT_THAT(connection_->SelectNumber("SELECT count(*) FROM mirror"), IsOkAndHolds(0));
  EXPECT_EQ(ReadMeta(*connection_)->change, 42);

  auto copy = Connection::Open(copy_, Connection::Access::kReader);
  ASSERT_THAT(copy, IsOk());
  EXPECT_EQ(LookAt(**copy)->kind, FileLayout::Kind::kStore);
  EXPECT_EQ(LookAt(**copy)->schema, 1);
  EXPECT_EQ(ReadMeta(**copy)->change, 42);
  EXPECT_EQ(parent_->Stat("store.sqlite.schema-1.copy")->mode, 0600);
}

TEST_F(SqliteSchemaTest, AStepThatFailsLeavesTheLayoutBeforeItAndNamesTheCopy) {
  EXPECT_THAT(MigrateBy({kAddColumn, kBroken}, 3).message(),
              AllOf(HasSubstr("nowhere"), HasSubstr(copy_)));

  EXPECT_EQ(LookAt(*connection_)->schema, 2);
  EXPECT_THAT(connection_->SelectNumber("SELECT count(*) FROM mirror"),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Connection::Open(copy_, Connection::Access::kReader), IsOk());
}

TEST_F(SqliteSchemaTest, ALayoutWithoutAStepIsNotPassedOver) {
  EXPECT_THAT(MigrateBy({kAddTable}, 3),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("no migration from schema 1")));
  EXPECT_EQ(LookAt(*connection_)->schema, 1);
}

TEST_F(SqliteSchemaTest, ACopyThatWasInterruptedIsMadeAnew) {
  std::ofstream(copy_ + ".new") << "half";
  std::ofstream(copy_) << "of an earlier try";

  ASSERT_THAT(MigrateBy({kAddColumn}, 2), IsOk());

  auto copy = Connection::Open(copy_, Connection::Access::kReader);
  ASSERT_THAT(copy, IsOk());
  EXPECT_EQ(LookAt(**copy)->schema, 1);
  EXPECT_THAT(parent_->Stat("store.sqlite.schema-1.copy.new"),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace mig::coordinator
