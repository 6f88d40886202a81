#include "loader/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "loader/config/testing/example_file.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::mig::loader::testing::ExampleFile;
using ::mig::loader::testing::UncommentDefaults;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr absl::string_view kPath = "/etc/mig-loader/loader.toml";
constexpr absl::string_view kLeast =
    "coordinators = [\"mig.corp.example:8443\"]\ntrust_domain = \"corp.example\"\n";

class ConfigTest : public ::testing::Test {
 protected:
  void Put(absl::string_view path, absl::string_view text, uint32_t mode = 0644) {
    const std::string directory(path.substr(0, path.rfind('/')));
    auto opened = base::MakeDirs(disk_, directory, 0755);
    ASSERT_THAT(opened, IsOk());
    ASSERT_THAT(base::WriteDurably(**opened, path.substr(path.rfind('/') + 1), text, mode), IsOk());
  }
  absl::StatusOr<Config> Load(absl::string_view text) {
    Put(kPath, text);
    return Config::Load(disk_, kPath, 0);
  }

  base::MemoryFileSystem disk_;
};

TEST_F(ConfigTest, LeastFileGivesTheDefaults) {
  const absl::StatusOr<Config> config = Load(kLeast);
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->coordinators, ElementsAre("mig.corp.example:8443"));
  EXPECT_EQ(config->enrollment, "mig.corp.example:8444");
  EXPECT_EQ(config->trust_domain, "corp.example");
  EXPECT_EQ(config->state_directory, "/var/lib/mig-loader");
  EXPECT_EQ(config->interval, absl::Hours(3));
  EXPECT_EQ(config->activations_per_hour, 6);
  EXPECT_EQ(config->report_fields, std::nullopt);
  EXPECT_FALSE(config->send_agent_output);
}

TEST_F(ConfigTest, ExampleIsTheDefaultsAndShowsEveryKey) {
  const std::string example = ExampleFile("loader.toml");
  const absl::StatusOr<Config> as_shipped = Load(example);
  ASSERT_THAT(as_shipped, IsOk());
  const absl::StatusOr<Config> least = Load(kLeast);
  ASSERT_THAT(least, IsOk());
  EXPECT_EQ(as_shipped->interval, least->interval);

  // With every comment that shows a default taken in, nothing changes but what has none.
  const absl::StatusOr<Config> all = Load(UncommentDefaults(example));
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->enrollment, least->enrollment);
  EXPECT_EQ(all->root_file, least->root_file);
  EXPECT_EQ(all->dictionary_file, least->dictionary_file);
  EXPECT_EQ(all->state_directory, least->state_directory);
  EXPECT_EQ(all->interval, least->interval);
  EXPECT_EQ(all->send_agent_output, least->send_agent_output);
  EXPECT_EQ(all->activations_per_hour, least->activations_per_hour);
  EXPECT_EQ(all->activations_per_day, least->activations_per_day);
  EXPECT_EQ(all->operator_name, "it-berlin");
  EXPECT_EQ(all->ca_file, "/etc/mig-loader/servers-ca.pem");
  EXPECT_THAT(all->tags, ElementsAre(Pair("site", "ber")));
  EXPECT_THAT(all->report_fields, Optional(SizeIs(13)));
}

TEST_F(ConfigTest, PartsReplaceKeysInTheOrderOfTheirNames) {
  Put("/etc/mig-loader/conf.d/20-late.toml", "interval = \"6h\"\n[tags]\nsite = \"ber\"\n");
  Put("/etc/mig-loader/conf.d/10-early.toml",
      "interval = \"5h\"\noperator = \"ana\"\n[tags]\nsite = \"muc\"\nroom = \"1\"\n");
  Put("/etc/mig-loader/conf.d/notes.txt", "not TOML");

  const absl::StatusOr<Config> config = Load(kLeast);

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->interval, absl::Hours(6));
  EXPECT_EQ(config->operator_name, "ana");
  EXPECT_THAT(config->tags, ElementsAre(Pair("room", "1"), Pair("site", "ber")));
  EXPECT_THAT(config->files, SizeIs(3));
}

TEST_F(ConfigTest, ErrorOfAPartNamesThatPartAndLine) {
  Put("/etc/mig-loader/conf.d/10.toml", "# why\nintervall = \"5h\"\n");
  EXPECT_THAT(Load(kLeast), StatusIs(absl::StatusCode::kInvalidArgument,
                                     AllOf(HasSubstr("/etc/mig-loader/conf.d/10.toml:2"),
                                           HasSubstr("intervall"), HasSubstr("misspelt"))));
}

struct Wrong {
  std::string line;
  std::string message;
};

TEST_F(ConfigTest, EachWrongValueIsOneLineWithFileLineKeyAndWayOut) {
  const Wrong kWrong[] = {
      {"interval = 3", "loader.toml:3: interval: this must be a duration"},
      {"interval = \"7 years\"", "loader.toml:3: interval: \"7 years\" is no duration; write"},
      {"interval = \"1s\"", "loader.toml:3: interval: 1s is out of bounds: 5m to 24h"},
      {"activations_per_day = 0", "activations_per_day: 0 is out of bounds: 1 to 64"},
      {"activations_per_day = \"x\"", "activations_per_day: this must be a whole number"},
      {"send_agent_output = 1", "send_agent_output: this must be true or false"},
      {"state_directory = \"var\"", "state_directory: \"var\" is not an absolute path"},
      {"state_directory = \"/var//x\"", "state_directory: \"/var//x\""},
      {"state_directory = \"/var/../x\"", "state_directory: \"/var/../x\""},
      {"state_directory = \"/var/\"", "ends with '/'"},
      {"enrollment = \"host\"", "enrollment: \"host\" is no address; write host:port"},
      {"mirrors = [\"http://x/\"]", "mirrors: this key is not known here"},
      {"report_fields = [1]", "report_fields: this must be a list of texts"},
      {"operator = \"Ana B\"", "operator: \"Ana B\" is no name"},
      {"report_fields = [\"password\"]", "toml:3: report_fields: 'password' is no field"},
      {"[tags]\nSite = \"x\"", "loader.toml:4: tags.Site"},
      {"[unknown]\nx = 1", "loader.toml:3: unknown: this key is not known here"},
      {"interval = ", "loader.toml:3: not TOML"},
      {"operator = \"\\u0007\"", "operator"},
  };
  for (const Wrong& wrong : kWrong) {
    SCOPED_TRACE(wrong.line);
    EXPECT_THAT(Load(absl::StrCat(kLeast, wrong.line, "\n")),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(wrong.message), Not(HasSubstr("\n")))));
  }
}

TEST_F(ConfigTest, MissingKeysAreNamed) {
  EXPECT_THAT(Load("trust_domain = \"a\"\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("coordinators")));
  EXPECT_THAT(Load("coordinators = [\"a:1\"]\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("trust_domain: this is missing; add it")));
}

TEST_F(ConfigTest, FileThatOthersCanChangeIsRefused) {  // ADVERSARY 101
  Put(kPath, kLeast, 0666);
  EXPECT_THAT(Config::Load(disk_, kPath, 0),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("chmod o-w")));

  disk_.Plant("/etc/mig-loader/link.toml", base::FileKind::kSymlink);
  EXPECT_THAT(Config::Load(disk_, "/etc/mig-loader/link.toml", 0),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("symbolic link")));
}

TEST_F(ConfigTest, FileOfAnotherUserIsRefusedUnlessTheLoaderRunsAsThatUser) {
  base::MemoryFileSystem disk(base::MemoryFileSystem::Options{.uid = 1000, .gid = 1000});
  auto directory = base::MakeDirs(disk, "/etc/mig-loader", 0755);
  ASSERT_THAT(directory, IsOk());
  ASSERT_THAT(base::WriteDurably(**directory, "loader.toml", kLeast, 0644), IsOk());
  EXPECT_THAT(Config::Load(disk, kPath, 1000), IsOk());
  EXPECT_THAT(Config::Load(disk, kPath, 0),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("user 1000")));
}

TEST_F(ConfigTest, MissingAndOverlongFilesSayWhatToDo) {
  EXPECT_THAT(Config::Load(disk_, "/etc/none.toml", 0),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("--config")));
  Put("/etc/mig-loader/conf.d/10.toml", "");
  EXPECT_THAT(
      Config::Load(disk_, "/etc", 0),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               AllOf(HasSubstr("/etc is a directory"), HasSubstr("; name a file with --config"))));
  EXPECT_THAT(Load(std::string(300 * 1024, '#')),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("make it shorter")));
}

TEST_F(ConfigTest, FileThatMayNotBeReadIsNamedItselfWithTheWayOut) {
  Put(kPath, kLeast);
  for (uint64_t n = 1; n <= 3; ++n) {  // wherever on the way down the system says no
    SCOPED_TRACE(n);
    disk_.FailOperation(disk_.operations() + n, absl::PermissionDeniedError("EACCES"));
    EXPECT_THAT(Config::Load(disk_, kPath, 0),
                StatusIs(absl::StatusCode::kPermissionDenied,
                         AllOf(HasSubstr(absl::StrCat("cannot read ", kPath)), HasSubstr("EACCES"),
                               HasSubstr("run this as root"))));
  }
}

TEST_F(ConfigTest, ReservedPathsAreWhatNoReleaseMayTouch) {
  const absl::StatusOr<Config> config = Load(kLeast);
  ASSERT_THAT(config, IsOk());
  std::vector<std::string> paths;
  for (const ReservedPath& reserved : config->ReservedPaths()) paths.push_back(reserved.path);
  EXPECT_THAT(paths,
              ElementsAre("/var/lib/mig-loader", "/etc/mig-loader/root",
                          "/etc/mig-loader/dictionary.toml", kPath, "/etc/mig-loader/conf.d"));
}

}  // namespace
}  // namespace mig::loader
