#include "loader/config/dictionary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
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
using ::testing::SizeIs;

constexpr absl::string_view kPath = "/etc/mig-loader/dictionary.toml";
constexpr absl::string_view kProduct = "[product.agent]\n";  // line 1
constexpr absl::string_view kAgent =
    "[product.agent.component.agent]\npath = \"/opt/a/agent\"\n";  // two lines

class DictionaryTest : public ::testing::Test {
 protected:
  void Put(absl::string_view path, absl::string_view text, uint32_t mode = 0644) {
    auto opened = base::MakeDirs(disk_, path.substr(0, path.rfind('/')), 0755);
    ASSERT_THAT(opened, IsOk());
    ASSERT_THAT(base::WriteDurably(**opened, path.substr(path.rfind('/') + 1), text, mode), IsOk());
  }
  absl::StatusOr<Dictionary> Load(absl::string_view text) {
    Put(kPath, text);
    return Dictionary::Load(disk_, kPath, 0,
                            {{"/var/lib/mig-loader", "the state directory"},
                             {"/etc/mig-loader/root", "the packaged root"}});
  }
  // What a product with this line says.
  absl::StatusOr<Dictionary> LoadWith(absl::string_view line) {
    return Load(absl::StrCat(kProduct, line, "\n", kAgent));
  }
  absl::StatusOr<Dictionary> LoadComponent(absl::string_view lines) {
    return Load(absl::StrCat(kProduct, kAgent, lines, "\n"));
  }

  base::MemoryFileSystem disk_;
};

TEST_F(DictionaryTest, ReadsWhatAComponentIsHere) {
  Put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nmig:x:700:701::/:/bin/false\n");
  Put("/etc/group", "root:x:0:\nagents:x:702:mig\n");
  const absl::StatusOr<Dictionary> dictionary = LoadComponent(
      "mode = \"4750\"\nowner = \"mig:agents\"\nmax_bytes = 10\n"
      "local_change = \"keep\"\nobserve = true");
  ASSERT_THAT(dictionary, IsOk());

  const absl::StatusOr<Target> target = dictionary->Resolve("agent", "agent");

  ASSERT_THAT(target, IsOk());
  EXPECT_EQ(target->path(), "/opt/a/agent");
  EXPECT_EQ(target->mode, 04750u);
  EXPECT_EQ(target->uid, 700u);
  EXPECT_EQ(target->gid, 702u);
  EXPECT_EQ(target->owner, "mig:agents");
  EXPECT_EQ(target->max_bytes, 10u);
  EXPECT_EQ(target->local_change, LocalChange::kKeep);
  EXPECT_EQ(target->policy, TargetPolicy::kObserve);
}

TEST_F(DictionaryTest, ReadsAttributesAndCapabilities) {  // ADVERSARY 110
  absl::StatusOr<Dictionary> dictionary = LoadComponent(
      "attributes = { \"security.selinux\" = \"u:r:t:s0\", \"user.a\" = \"\" }\n"
      "capabilities = [\"cap_net_raw\"]");
  ASSERT_THAT(dictionary, IsOk());
  const Attributes named = dictionary->Resolve("agent", "agent")->attributes;
  EXPECT_THAT(named, SizeIs(3));
  EXPECT_EQ(named.at("security.selinux"), "u:r:t:s0");
  EXPECT_EQ(named.at("user.a"), "");
  EXPECT_THAT(named.at("security.capability"), SizeIs(20));

  dictionary = LoadComponent("capabilities = []");
  ASSERT_THAT(dictionary, IsOk());
  EXPECT_EQ(dictionary->Resolve("agent", "agent")->attributes,
            (Attributes{{"security.capability", ""}}));
}

TEST_F(DictionaryTest, ExampleLoadsAndShowsEveryKey) {
  const std::string example = ExampleFile("dictionary.toml");
  const absl::StatusOr<Dictionary> shipped = Load(example);
  ASSERT_THAT(shipped, IsOk());
  ASSERT_THAT(shipped->products(), SizeIs(1));
  const Product& agent = shipped->products().front();
  EXPECT_EQ(agent.agent.activation, Activation::kProcess);
  EXPECT_EQ(agent.probation, absl::Seconds(120));
  EXPECT_THAT(agent.components, SizeIs(5));
  ASSERT_THAT(agent.families, SizeIs(1));
  EXPECT_EQ(agent.families.front().member.mode, 0640u);
  EXPECT_THAT(shipped->Resolve("agent", "conf/10-site.cfg"), IsOk());

  // Every key of the example is known; `install` is for another kind of agent.
  EXPECT_THAT(Load(UncommentDefaults(example)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("install: this is for \"self-installing\" agents")));
}

TEST_F(DictionaryTest, FamilyMembersAreOneSegmentThatFitsThePattern) {
  const absl::StatusOr<Dictionary> dictionary =
      Load(absl::StrCat(kProduct, "[product.agent.family.\"conf/*\"]\n",
                        "directory = \"/opt/a/conf.d\"\npattern = \"*-x*.cfg\"\nmax_count = 1\n"));
  ASSERT_THAT(dictionary, IsOk());
  const absl::StatusOr<Target> member = dictionary->Resolve("agent", "conf/10-xy.cfg");
  ASSERT_THAT(member, IsOk());
  EXPECT_EQ(member->path(), "/opt/a/conf.d/10-xy.cfg");
  for (const absl::string_view name :
       {"conf/10.cfg", "conf/", "conf/..", "conf/a/-x.cfg", "conf/.mig-x.cfg", "conf/A-x.cfg",
        "conf", "other/-x.cfg", "/-x.cfg", "conf/10-x.cfg\n"}) {
    EXPECT_THAT(dictionary->Resolve("agent", name), StatusIs(absl::StatusCode::kNotFound)) << name;
  }
  EXPECT_THAT(dictionary->CheckCounts("agent", {"conf/1-x.cfg", "agent"}), IsOk());
  EXPECT_THAT(dictionary->CheckCounts("agent", {"conf/1-x.cfg", "conf/2-x.cfg"}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("max_count")));
}

// R9.
TEST_F(DictionaryTest, UnknownComponentsAreRefusedByName) {  // ADVERSARY 99
  const absl::StatusOr<Dictionary> dictionary = LoadComponent("");
  ASSERT_THAT(dictionary, IsOk());
  EXPECT_THAT(dictionary->Resolve("agent", "agent2"),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr(std::string(kPath)), HasSubstr("'agent2'"))));
  EXPECT_THAT(dictionary->Resolve("loader", "agent"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(DictionaryTest, ReadsHowAgentsAreActivatedAndAsked) {
  absl::StatusOr<Dictionary> dictionary = LoadWith(
      "activation = \"process\"\ncommand = [\"/opt/a/agent\", \"-f\"]\nprobation = \"2s\"\n"
      "hold = true\nprobe = { http = \"http://127.0.0.1:9100/metrics\", timeout = \"1s\" }");
  ASSERT_THAT(dictionary, IsOk());
  const Product* product = dictionary->Find("agent");
  ASSERT_NE(product, nullptr);
  EXPECT_EQ(product->agent.product, "agent");
  EXPECT_THAT(product->agent.command, ElementsAre("/opt/a/agent", "-f"));
  EXPECT_EQ(product->probation, absl::Seconds(2));
  EXPECT_TRUE(product->is_held);
  EXPECT_EQ(product->agent.probe_timeout, absl::Seconds(1));
  EXPECT_TRUE(std::holds_alternative<HttpProbe>(product->agent.probe));

  dictionary = LoadWith(
      "activation = \"self-installing\"\ninstall = [\"/opt/a/agent\", \"-i\"]\nunit = \"a\"\n"
      "probe = { command = [\"/opt/a/check\"] }");
  ASSERT_THAT(dictionary, IsOk());
  EXPECT_THAT(dictionary->Find("agent")->agent.command, ElementsAre("/opt/a/agent"));
  EXPECT_TRUE(std::holds_alternative<CommandProbe>(dictionary->Find("agent")->agent.probe));
}

struct Wrong {
  std::string line;
  std::string message;
};

TEST_F(DictionaryTest, EachWrongProductIsOneLineWithFileLineKeyAndWayOut) {
  const Wrong kWrong[] = {
      {"activation = \"systemd\"", ":2: product.agent.activation: \"systemd\" comes with"},
      {"activation = \"cron\"", "activation: \"cron\" is not known; one of"},
      {"activation = \"process\"", "product.agent.command: activation = \"process\" needs this"},
      {"command = [\"/a\"]", "command: nothing is run with"},
      {"activation = \"process\"\ncommand = [\"agent\"]", "\"agent\" is not the absolute path"},
      {"activation = \"process\"\ncommand = []", "command: this is empty"},
      {"activation = \"self-installing\"", "install: \"self-installing\" agents need this"},
      {"probe = { http = \"http://127.0.0.1/\" }", "probe: nothing runs with"},
      {"activation = \"process\"\ncommand = [\"/a\"]\nprobe = { http = \"http://10.0.0.1/\" }",
       "product.agent.probe.http: "},
      {"activation = \"process\"\ncommand = [\"/a\"]\nprobe = { timeout = \"1s\" }",
       "exactly one of http, command, socket, file"},
      {"activation = \"process\"\ncommand = [\"/a\"]\nprobe = { tcp = 1 }", "product.agent.probe"},
      {"probation = \"2h\"", "probation: 2h is out of bounds: 0 to 1h"},
      {"comand = 1", ":2: product.agent.comand: this key is not known here"},
      {"component = 1", "product.agent.component"},
  };
  for (const Wrong& wrong : kWrong) {
    SCOPED_TRACE(wrong.line);
    EXPECT_THAT(LoadWith(wrong.line),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(absl::StrCat(kPath, ":")), HasSubstr(wrong.message),
                               Not(HasSubstr("\n")))));
  }
}

TEST_F(DictionaryTest, EachWrongComponentIsOneLineWithFileLineKeyAndWayOut) {
  const Wrong kWrong[] = {
      {"mode = 755", ":4: product.agent.component.agent.mode: this must be octal digits in quotes"},
      {"mode = \"0798\"", "\"0798\" is no mode"},
      {"mode = \"0666\"", "mode: everybody could change the file"},
      {"owner = \"root\"", "owner: \"root\" is no owner; write user:group"},
      {"owner = \"nobody-here:root\"", "there is no user \"nobody-here\" in /etc/passwd"},
      {"max_bytes = 0", "max_bytes: 0 is out of bounds"},
      {"max_bytes = 2000000000", "max_bytes: 2000000000 is out of bounds"},
      {"local_change = \"ask\"", "local_change: \"ask\" is not known; one of \"repair\", \"keep\""},
      {"observe = \"yes\"", "observe: this must be true or false"},
      {"attributes = \"x\"", "component.agent.attributes: this must be a table"},
      {"attributes = { \"security.ima\" = \"x\" }",
       "agent.attributes.security.ima: \"security.ima\" is not set here"},
      {"attributes = { \"security.capability\" = \"x\" }", "this is written as capabilities"},
      {"attributes = { \"security.selinux\" = \"\" }", "a label cannot be taken away"},
      {"attributes = { \"user.a\" = 1 }", "attributes.user.a: this must be text in quotes"},
      {"capabilities = [\"net_raw\"]", "capabilities: \"net_raw\" is no capability"},
      {"path2 = \"/x\"", "component.agent.path2: this key is not known here"},
  };
  for (const Wrong& wrong : kWrong) {
    SCOPED_TRACE(wrong.line);
    EXPECT_THAT(LoadComponent(wrong.line),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(wrong.message), Not(HasSubstr("\n")))));
  }
}

TEST_F(DictionaryTest, RelativeAndUnnormalisedPathsAreRefused) {
  for (const absl::string_view path :
       {"opt/agent", "/opt//agent", "/opt/./agent", "/opt/../agent", "/opt/agent/", "/", ""}) {
    SCOPED_TRACE(path);
    EXPECT_THAT(Load(absl::StrCat(kProduct, "[product.agent.component.x]\npath = \"", path, "\"")),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("component.x.path")));
  }
}

TEST_F(DictionaryTest, NamesOutsideTheGrammarAreRefused) {  // ADVERSARY 98 [tough target_name]
  for (const absl::string_view name :
       {"..", "a/b/c", "a/", "/x", ".mig", "Agent", "\\u00e4", " "}) {
    SCOPED_TRACE(name);
    EXPECT_THAT(
        Load(absl::StrCat(kProduct, "[product.agent.component.\"", name, "\"]\npath = \"/opt/x\"")),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no name of a component")));
  }
}

TEST_F(DictionaryTest, NamedTwiceIsRefusedWithTheLine) {  // ADVERSARY 99
  EXPECT_THAT(LoadComponent(std::string(kAgent)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(":4: ")));
}

// ADVERSARY 100: two names on one path, into another's directory, the state directory, its own
// file, a key.
TEST_F(DictionaryTest, PathsThatMeetAreRefusedWithBothLines) {
  const absl::string_view kOther = "[product.agent.component.other]\npath = \"";
  const absl::string_view kFamily = "[product.agent.family.\"conf/*\"]\ndirectory = \"";
  const Wrong kWrong[] = {
      {absl::StrCat(kOther, "/opt/a/agent\""), "dictionary.toml:3)"},
      {absl::StrCat(kOther, "/opt/a/agent/x\""), "dictionary.toml:3)"},
      {absl::StrCat(kFamily, "/opt\""), "dictionary.toml:3)"},
      {absl::StrCat(kFamily, "/opt/b\"\n", kOther, "/opt/b/c\""), "dictionary.toml:"},
      {absl::StrCat(kFamily, "/opt/b\"\n[product.b.family.\"x/*\"]\ndirectory = \"/opt/b/c\""),
       "dictionary.toml:5)"},
      {absl::StrCat("[product.b.component.x]\npath = \"/opt/a/agent\""), "dictionary.toml:3)"},
      {absl::StrCat(kOther, "/var/lib/mig-loader/trust\""), "the state directory"},
      {absl::StrCat(kFamily, "/var/lib\""), "the state directory"},
      {absl::StrCat(kOther, kPath, "\""), "the dictionary"},
      {absl::StrCat(kOther, "/etc/mig-loader/root\""), "the packaged root"},
      {absl::StrCat(kOther, "/opt/a/.mig-stage-x\""), "the loader's own"},
  };
  for (const Wrong& wrong : kWrong) {
    SCOPED_TRACE(wrong.line);
    EXPECT_THAT(LoadComponent(wrong.line),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(wrong.message), HasSubstr(absl::StrCat(kPath, ":")))));
  }
  EXPECT_THAT(LoadComponent(absl::StrCat(kOther, "/opt/a/agent2\"")), IsOk());
}

TEST_F(DictionaryTest, MissingFileSaysWhichKeyNamesIt) {
  EXPECT_THAT(Dictionary::Load(disk_, "/etc/none.toml", 0, {}),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("/etc/none.toml is missing"),
                             HasSubstr("dictionary_file in loader.toml"), Not(HasSubstr("--")))));
}

TEST_F(DictionaryTest, FileThatOthersCanChangeIsRefused) {  // ADVERSARY 101
  Put(kPath, absl::StrCat(kProduct, kAgent), 0666);
  EXPECT_THAT(Dictionary::Load(disk_, kPath, 0, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("chmod o-w")));
}

TEST_F(DictionaryTest, DirectoriesAreThoseOfAllTargets) {
  const absl::StatusOr<Dictionary> dictionary = LoadComponent(
      "[product.agent.family.\"conf/*\"]\ndirectory = \"/etc/a\"\n"
      "[product.b.component.x]\npath = \"/opt/a/x\"");
  ASSERT_THAT(dictionary, IsOk());
  EXPECT_THAT(dictionary->Directories(), ElementsAre("/etc/a", "/opt/a"));
}

}  // namespace
}  // namespace mig::loader
