// What only a store in a file has: the file.

#include "coordinator/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_schema.h"
#include "coordinator/store/testing/sample_records.h"
#include "coordinator/store/testing/temporary_directory.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::Seed;
using ::mig::base::testing::SeededRandom;
using ::mig::base::testing::StatusIs;
using ::mig::coordinator::testing::At;
using ::mig::coordinator::testing::SomeHost;
using ::mig::coordinator::testing::SomeHostId;
using ::mig::coordinator::testing::SomeOffer;
using ::mig::coordinator::testing::SomeOutcome;
using ::mig::coordinator::testing::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::HasSubstr;

class SqliteStoreTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const SqliteStore::Options& options = {}) {
    return SqliteStore::OpenFile(path_, options, random_);
  }

  static absl::StatusOr<Written> Write(SqliteStore& store, WriteBatch batch) {
    std::optional<absl::StatusOr<Written>> answer;
    store.Append(std::move(batch), [&](absl::StatusOr<Written> result) { answer = result; });
    while (store.CommitNow() > 0) {
    }
    MIG_CHECK(answer.has_value());
    return *std::move(answer);
  }

  // What somebody does to the file with a tool of their own.
  void Tamper(const std::string& sql) {
    auto connection = Connection::Open(path_, Connection::Access::kWriter);
    ASSERT_THAT(connection, IsOk());
    ASSERT_THAT((*connection)->Execute(sql), IsOk());
  }

  int64_t SelectNumber(const std::string& sql) {
    auto connection = Connection::Open(path_, Connection::Access::kReader);
    MIG_CHECK_OK(connection);
    absl::StatusOr<int64_t> number = (*connection)->SelectNumber(sql);
    MIG_CHECK_OK(number);
    return *number;
  }

  static std::string ReadAll(const std::string& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }
  static void WriteAll(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  static uint32_t ModeOf(const std::string& path) {
    struct stat stat = {};
    MIG_CHECK(::stat(path.c_str(), &stat) == 0) << path;
    return stat.st_mode & 07777;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "store.sqlite";
  SeededRandom random_{Seed(1)};
};

TEST_F(SqliteStoreTest, NobodyElseMayReadTheFiles) {
  auto store = Open();
  ASSERT_THAT(store, IsOk());
  ASSERT_THAT(Write(**store, {InsertHost{SomeHost(1)}}), IsOk());

  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    EXPECT_EQ(ModeOf(entry.path()), 0600) << entry.path();
  }
}

TEST_F(SqliteStoreTest, EachNewStoreHasAnIdOfItsOwn) {
  auto first = Open();
  path_ = directory_ / "another.sqlite";
  auto second = Open();
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_NE((*first)->GetMeta()->store_id, (*second)->GetMeta()->store_id);
}

TEST_F(SqliteStoreTest, OnlyOneProcessHasItOpen) {
  auto store = Open();
  ASSERT_THAT(store, IsOk());

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kUnavailable,
                               AllOf(HasSubstr(path_), HasSubstr("mig-coordinator"))));

  store->reset();
  EXPECT_THAT(Open(), IsOk());
}

TEST_F(SqliteStoreTest, ANewerSchemaIsRefusedAndStaysAsItIs) {
  ASSERT_THAT(Open(), IsOk());
  Tamper(absl::StrCat("PRAGMA user_version = ", kSchema + 1));
  const std::string before = ReadAll(path_);

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               AllOf(HasSubstr(path_), HasSubstr("its schema is 3"),
                                     HasSubstr("newer mig-coordinator"))));
  EXPECT_EQ(ReadAll(path_), before);
  EXPECT_TRUE(IsForeignStore(Open().status()));
}

TEST_F(SqliteStoreTest, ADatabaseOfAnotherProgramIsRefusedAndStaysAsItIs) {
  WriteAll(path_, "");
  Tamper("CREATE TABLE bookmarks (url TEXT)");
  const std::string before = ReadAll(path_);

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               AllOf(HasSubstr(path_), HasSubstr("another program"))));
  EXPECT_EQ(ReadAll(path_), before);
  EXPECT_TRUE(IsForeignStore(Open().status()));
}

TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsRefusedAndStaysAsItIs) {
  const std::string text(10'000, 'x');
  WriteAll(path_, text);

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               AllOf(HasSubstr(path_), HasSubstr("not an SQLite database"))));
  EXPECT_EQ(ReadAll(path_), text);
  EXPECT_FALSE(IsForeignStore(Open().status()));
}

// --- Whose it is (store_owner_test.cc has what counts as one's own)

StoreClaim ClaimOf(const char* name, char key) {
  std::array<char, trust::KeyId::kSizeBytes> bytes;
  bytes.fill(key);
  return {.self = {.trust_domain = "corp.example", .name = name, .online_key = trust::KeyId(bytes)},
          .keys_of_the_roots = {}};
}

TEST_F(SqliteStoreTest, AStoreIsOpenedAgainForItsOwnerAndForNobodyElse) {
  ASSERT_THAT(Open({.claim = ClaimOf("berlin", 'b')}), IsOk());
  const std::string before = ReadAll(path_);

  EXPECT_THAT(Open({.claim = ClaimOf("paris", 'p')}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr(path_), HasSubstr("'berlin' of corp.example"),
                             HasSubstr("'paris' of corp.example"), HasSubstr("backup"))));
  EXPECT_TRUE(IsForeignStore(Open({.claim = ClaimOf("paris", 'p')}).status()));
  EXPECT_EQ(ReadAll(path_), before);
  EXPECT_THAT(Open({.claim = ClaimOf("berlin", 'b')}), IsOk());
}

TEST_F(SqliteStoreTest, AnOwnerThatChangedItsNameAndThenItsKeyIsRecordedAsItIsNow) {
  ASSERT_THAT(Open({.claim = ClaimOf("berlin", 'a')}), IsOk());
  ASSERT_THAT(Open({.claim = ClaimOf("berlin-2", 'a')}), IsOk());
  StoreClaim later = ClaimOf("berlin-2", 'b');
  later.keys_of_the_roots = {ClaimOf("", 'a').self.online_key};
  ASSERT_THAT(Open({.claim = later}), IsOk());

  EXPECT_THAT(Open({.claim = ClaimOf("berlin-2", 'b')}), IsOk());
  EXPECT_TRUE(IsForeignStore(Open({.claim = ClaimOf("berlin", 'a')}).status()));
}

TEST_F(SqliteStoreTest, AStoreOfNobodyIsTheFirstClaimants) {
  ASSERT_THAT(Open(), IsOk());
  ASSERT_THAT(Open({.claim = ClaimOf("berlin", 'b')}), IsOk());

  EXPECT_TRUE(IsForeignStore(Open({.claim = ClaimOf("paris", 'p')}).status()));
}

TEST_F(SqliteStoreTest, AnEmptyFileBecomesAStore) {
  WriteAll(path_, "");
  EXPECT_THAT(Open(), IsOk());
}

TEST_F(SqliteStoreTest, ASymbolicLinkIsNotFollowed) {
  ASSERT_THAT(Open(), IsOk());
  std::filesystem::create_symlink(path_, directory_ / "link.sqlite");
  path_ = directory_ / "link.sqlite";

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("link.sqlite")));
  EXPECT_FALSE(IsForeignStore(Open().status()));
}

TEST_F(SqliteStoreTest, AMissingDirectoryIsNamed) {
  path_ = directory_ / "missing/store.sqlite";
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("missing")));
}

TEST_F(SqliteStoreTest, AFullStoreRefusesWritesAndGoesOnReading) {
  auto store = Open({.max_bytes = 1024 * 1024});
  ASSERT_THAT(store, IsOk());
  OutcomeRecord large = SomeOutcome(1, 0, 1);
  large.outcome = std::string(60'000, 'x');

  absl::Status status;
  uint64_t written = 0;
  for (uint64_t n = 0; n < 100 && status.ok(); ++n) {
    large.attempt = testing::SomeAttemptId(n);
    status = Write(**store, {InsertOutcome{large}}).status();
    if (status.ok()) ++written;
  }

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted,
                               AllOf(HasSubstr(path_), HasSubstr("free space"))));
  EXPECT_GT(written, 5);
  EXPECT_LT(written, 18);
  EXPECT_THAT((*store)->ListOutcomes(SomeHostId(1), 0, 100),
              IsOkAndHolds(::testing::SizeIs(written)));
  EXPECT_THAT(Write(**store, {InsertOffer{SomeOffer(1, 1)}}), IsOk()) << "a little room is left";

  store->reset();
  auto larger = Open({.max_bytes = 16 * 1024 * 1024});
  ASSERT_THAT(larger, IsOk());
  EXPECT_THAT(Write(**larger, {InsertOutcome{large}}), IsOk());
}

TEST_F(SqliteStoreTest, AGroupThatTheDiskRefusesLeavesNothingOfAnyBatch) {
  auto store = Open({.max_bytes = 512 * 1024});
  ASSERT_THAT(store, IsOk());
  const AppendAudit entry{{.at = At(1), .action = "test"}};
  ASSERT_THAT(Write(**store, {entry}), IsOk());
  const StoreMeta before = *(*store)->GetMeta();
  std::vector<absl::Status> answers;
  const auto note = [&](const absl::StatusOr<Written>& result) {
    answers.push_back(result.status());
  };

  (*store)->Append({InsertHost{SomeHost(1)}, entry}, note);
  for (uint64_t n = 0; n < 20; ++n) {
    OutcomeRecord large = SomeOutcome(1, n, 1);
    large.outcome = std::string(60'000, 'x');
    (*store)->Append({InsertOutcome{large}}, note);
  }
  (*store)->CommitNow();

  EXPECT_THAT(answers,
              ::testing::AllOf(::testing::SizeIs(21),
                               ::testing::Each(StatusIs(absl::StatusCode::kResourceExhausted))));
  EXPECT_THAT((*store)->GetHost(SomeHostId(1)), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT((*store)->GetMeta(), IsOkAndHolds(before));
  const absl::StatusOr<Written> after = Write(**store, {entry});
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->change, before.change + 1);
  EXPECT_EQ(after->rows[0].number, 2);
  EXPECT_THAT((*store)->VerifyAudit(), IsOk());
}

TEST_F(SqliteStoreTest, ADamagedFileIsNamedAndNothingMoreIsWritten) {
  ASSERT_THAT(Open(), IsOk());
  const int64_t page = SelectNumber("SELECT rootpage FROM sqlite_schema WHERE name = 'offer'");
  const auto page_bytes = static_cast<size_t>(SelectNumber("PRAGMA page_size"));
  std::string bytes = ReadAll(path_);
  bytes.replace(static_cast<size_t>(page - 1) * page_bytes, page_bytes, page_bytes, '\xa5');
  WriteAll(path_, bytes);

  auto store = Open();
  ASSERT_THAT(store, IsOk());
  const absl::StatusOr<Written> first = Write(**store, {InsertOffer{SomeOffer(1, 2)}});
  EXPECT_THAT(first,
              StatusIs(absl::StatusCode::kDataLoss, AllOf(HasSubstr(path_), HasSubstr("backup"))));

  std::optional<absl::StatusOr<Written>> second;
  (*store)->Append({InsertOffer{SomeOffer(2, 2)}}, [&](auto result) { second = result; });
  ASSERT_TRUE(second.has_value()) << "refused at once";
  EXPECT_THAT(*second, StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(SqliteStoreTest, AFileThatWasCutIsNamed) {
  ASSERT_THAT(Open(), IsOk());
  std::filesystem::resize_file(path_, 5'000);

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss,
                               AllOf(HasSubstr(path_), HasSubstr("damaged"), HasSubstr("backup"))));
}

TEST_F(SqliteStoreTest, ARowThatNoVersionWroteIsDataLoss) {
  {
    auto store = Open();
    ASSERT_THAT(store, IsOk());
    ASSERT_THAT(Write(**store, {InsertHost{SomeHost(1)}}), IsOk());
  }
  Tamper("UPDATE host SET machine = x'00'");

  auto store = Open();
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT((*store)->GetHost(SomeHostId(1)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("'machine'")));
  Tamper("UPDATE host SET machine = zeroblob(32), state = 9");
  EXPECT_THAT((*store)->GetHost(SomeHostId(1)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("'state'")));
}

TEST_F(SqliteStoreTest, AnAuditLogThatWasTamperedWithIsFound) {
  const std::pair<const char*, const char*> kCases[] = {
      {"UPDATE audit SET reason = 'ok' WHERE seq = 2", "audit row 2 was changed"},
      {"DELETE FROM audit WHERE seq = 2", "audit row 2 is missing"},
      {"DELETE FROM audit WHERE seq = 3", "audit row 3 is missing"},
      {"UPDATE audit SET seq = seq + 10 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; "
       "UPDATE audit SET seq = 3 WHERE seq = 12",
       "audit row 2"},
      {"INSERT INTO audit SELECT 4, at, actor, action, subject, reason, difference, prev, hash "
       "FROM audit WHERE seq = 3",
       "audit row 4"},
  };
  for (const auto& [sql, found] : kCases) {
    path_ = directory_ / "audit.sqlite";
    {
      auto store = Open();
      ASSERT_THAT(store, IsOk());
      for (int n = 1; n <= 3; ++n) {
        ASSERT_THAT(Write(**store, {AppendAudit{{.at = At(n), .action = "host.disable"}}}), IsOk());
      }
    }
    Tamper(sql);

    auto store = Open();
    ASSERT_THAT(store, IsOk());
    EXPECT_THAT((*store)->VerifyAudit(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(found)))
        << sql;
    store->reset();
    std::filesystem::remove(path_);
  }
}

TEST_F(SqliteStoreTest, CommitsAreCounted) {
  auto store = Open();
  ASSERT_THAT(store, IsOk());
  const auto ignore = [](const absl::StatusOr<Written>&) {};
  for (uint64_t n = 0; n < 300; ++n) (*store)->Append({InsertHost{SomeHost(n % 290)}}, ignore);
  while ((*store)->CommitNow() > 0) {
  }

  EXPECT_EQ((*store)->stats(),
            (CommitStats{.commits = 2, .batches = 290, .refused = 10, .rows = 290}));
}

}  // namespace
}  // namespace mig::coordinator
