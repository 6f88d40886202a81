// The verbs that need no coordinator: keys, roots, CAs, contexts; and what bad input gets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/system_random.h"
#include "ctl/testing/fixture.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/private_key.h"

namespace mig::ctl {
namespace {

using ::mig::ctl::testing::MigctlTest;
using ::mig::ctl::testing::Ran;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class OfflineTest : public MigctlTest {
 protected:
  // Keys by name, all with the passphrase "horse" in the file `pass`.
  void MakeKeys(const std::vector<std::string>& names) {
    Write("pass", "horse\n", 0600);
    for (const std::string& name : names) {
      const Ran made = Run(absl::StrCat("key new --name ", name, " --passphrase-file pass"));
      ASSERT_EQ(made.exit, 0) << made.err;
    }
  }
  // A root of two of two keys that everybody signs.
  void MakeRoot() {
    MakeKeys({"ana", "bo", "r1", "o1", "co"});
    for (const char* ca : {"s", "l", "o"})
      ASSERT_EQ(Run(absl::StrCat("ca new --out ", ca)).exit, 0);
    const Ran made =
        Run("root new --root ana.key.pub,bo.key.pub:2 --release r1.key.pub --rollout o1.key.pub "
            "--online co.key.pub:1 --trust-domain corp.example --product agent --stream main "
            "--server-ca s.pem --loader-ca l.pem --operator-ca o.pem --expires 12mo --out root-1");
    ASSERT_EQ(made.exit, 0) << made.err;
  }
};

TEST_F(OfflineTest, AKeyCeremonyGoesFromKeysToARootThatIsComplete) {
  MakeRoot();
  const Ran first = Run("root sign root-1 --key ana --passphrase-file pass --yes");
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("+ ana signed root-1, checked. 1 of 2 (ana)"));
  EXPECT_THAT(first.err, AllOf(HasSubstr("You sign:\nROOT version 1 of corp.example"),
                               HasSubstr("first root: nothing to compare it with"),
                               HasSubstr("Next: migctl root sign root-1 --key KEY")));
  const Ran second = Run("root sign root-1 --key bo.key --passphrase-file pass --yes");
  EXPECT_THAT(second.out, HasSubstr("2 of 2 (ana bo)"));
  const Ran show = Run("root show root-1");
  EXPECT_EQ(show.exit, 0);
  EXPECT_THAT(show.out,
              AllOf(HasSubstr("signed  2 of 2 (ana bo), complete"), Not(HasSubstr("TRIAL"))));
  const Ran context = Run("context set prod --endpoint mig:8445 --ca s.pem --root root-1");
  EXPECT_EQ(context.exit, 0) << context.err;
}

TEST_F(OfflineTest, AHolderTypesTheFirstEightOfTheDigest) {
  MakeRoot();
  const std::string before = Read("root-1");
  const Ran wrong = Run("root sign root-1 --key ana", {"horse", "00000000"});
  EXPECT_EQ(wrong.exit, 5) << wrong.err;
  EXPECT_EQ(Read("root-1"), before);
  const Ran nobody = Run("root sign root-1 --key ana --passphrase-file pass");
  EXPECT_EQ(nobody.exit, 2);
  EXPECT_THAT(nobody.err, HasSubstr("--yes"));
  EXPECT_EQ(Read("root-1"), before);
  const Ran json = Run("root sign root-1 --key ana --passphrase-file pass --yes -o json");
  EXPECT_EQ(json.exit, 0);
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"key\":\"ana\""), HasSubstr("\"complete\":false")));
}

TEST_F(OfflineTest, AKeyOfAnotherRoleSignsNothing) {
  MakeRoot();
  const std::string before = Read("root-1");
  const Ran ran = Run("root sign root-1 --key r1 --passphrase-file pass --yes");
  EXPECT_EQ(ran.exit, 4);
  EXPECT_THAT(ran.err, HasSubstr("not one of the root keys"));
  EXPECT_EQ(Read("root-1"), before);
}

TEST_F(OfflineTest, ARootThatLacksSignaturesIsNotTrusted) {
  MakeRoot();
  const Ran ran = Run("context set prod --endpoint mig:8445 --ca s.pem --root root-1");
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("root-1"));
  EXPECT_THAT(Run("context list -o json").out, HasSubstr("[]"));
}

TEST_F(OfflineTest, ASuccessorIsSignedByTheFormerHolders) {
  MakeRoot();
  for (const char* key : {"ana", "bo"}) {
    ASSERT_EQ(Run(absl::StrCat("root sign root-1 --passphrase-file pass --yes --key ", key)).exit,
              0);
  }
  ASSERT_EQ(Run("context set prod --endpoint mig:8445 --ca s.pem --root root-1").exit, 0);
  const Ran next = Run("root new --from root-1 --floor agent=3 --expires 12mo --out root-2");
  ASSERT_EQ(next.exit, 0) << next.err;
  const Ran sign = Run("root sign root-2 --key ana --passphrase-file pass --yes");
  EXPECT_EQ(sign.exit, 0) << sign.err;
  EXPECT_THAT(sign.err,
              AllOf(HasSubstr("since root 1"), HasSubstr("~ product agent: no floor -> floor 3")));
  EXPECT_EQ(Run("root new --from root-2 --floor agent=1 --out root-3").exit, 2);
}

TEST_F(OfflineTest, AServersRequestIsSignedByTheOfflineCa) {
  ASSERT_EQ(Run("trial init t --operator ana").exit, 0);
  ASSERT_EQ(Run("ca new --out ca").exit, 0);
  base::SystemRandom random;
  const auto key = trust::x509::PrivateKey::Generate(random);
  const auto csr = trust::x509::CertificateRequest::Make(key, "mig-1");
  Write("server.csr", trust::x509::CertificateRequestPem(*csr));
  const Ran issued = Run(
      "ca issue --ca-cert ca.pem --ca-key ca.key --csr server.csr --dns mig.example --ip 10.0.0.7 "
      "--trust-domain corp.example --out server.pem");
  EXPECT_EQ(issued.exit, 0) << issued.err;
  EXPECT_THAT(issued.out, HasSubstr("spiffe://corp.example/coordinator/mig-1"));
  const auto chain = trust::x509::Certificate::ParsePemChain(Read("server.pem"));
  ASSERT_TRUE(chain.ok()) << chain.status();
  ASSERT_EQ(chain->size(), 2u);
  EXPECT_TRUE((*chain)[0].CheckIssuedBy((*chain)[1]).ok());
  EXPECT_EQ((*chain)[0].spki(), key.spki());
  const Ran twice = Run("ca new --out ca");
  EXPECT_EQ(twice.exit, 5);
  const Ran wrong = Run(
      "ca issue --ca-cert ca.pem --ca-key t/servers-ca.key --csr t/server.pem --dns mig --out s");
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_FALSE(files_.Exists("s"));
}

TEST_F(OfflineTest, ARequestBecomesACertificateOfItsName) {
  ASSERT_EQ(Run("ca new --out ca").exit, 0);
  base::SystemRandom random;
  const auto csr =
      trust::x509::CertificateRequest::Make(trust::x509::PrivateKey::Generate(random), "mig-1");
  ASSERT_TRUE(files_.MakeDirectory("c.d", 0755).ok());
  for (const char* file : {"c.d/server.csr", "c.d/request"}) {
    Write(file, trust::x509::CertificateRequestPem(*csr));
    const Ran issued = Run(absl::StrCat("ca issue ", file,
                                        " --ca-cert ca.pem --ca-key ca.key --dns mig.example "
                                        "--trust-domain corp.example"));
    EXPECT_EQ(issued.exit, 0) << issued.err;
  }
  EXPECT_TRUE(trust::x509::Certificate::ParsePemChain(Read("c.d/server.pem")).ok());
  EXPECT_TRUE(files_.Exists("c.d/request.pem"));
}

TEST_F(OfflineTest, ACaIsMadeWholeOrNotAtAll) {
  for (const char* file : {"ca.pem", "ca.key"}) {
    Write(file, "of somebody");
    const Ran ran = Run("ca new --out ca");
    EXPECT_EQ(ran.exit, 5) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(file));
    EXPECT_EQ(Read(file), "of somebody");
    ASSERT_TRUE(files_.Remove(file).ok());
    EXPECT_FALSE(files_.Exists("ca.pem") || files_.Exists("ca.key")) << file;
  }
}

TEST_F(OfflineTest, APublicHalfIsNoKeyToSignWith) {
  MakeRoot();
  const Ran ran = Run("root sign root-1 --key ana.key.pub --passphrase-file pass --yes");
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("ana.key.pub: this is the public half; give ana.key\n"));
}

TEST_F(OfflineTest, DoctorWithoutAContextSaysWhatThisMachineLacks) {
  const Ran ran = Run("doctor");
  EXPECT_EQ(ran.exit, 5) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("context\tx bad\tno coordinator is known here\tmigctl "
                                       "context set NAME"),
                             HasSubstr("login\tx bad"), HasSubstr("trusted root\t! soon")));
  EXPECT_EQ(Run("doctor --context nobody").exit, 5);
}

TEST_F(OfflineTest, TheVersionAndAPlanToBeginWithNeedNothing) {
  const Ran version = Run("--version");
  EXPECT_EQ(version.exit, 0);
  EXPECT_THAT(version.out, ::testing::MatchesRegex("[0-9]+[.][0-9]+[.][0-9]+\n"));
  const Ran example = Run("plan new --example");
  EXPECT_EQ(example.exit, 0) << example.err;
  EXPECT_THAT(example.out, AllOf(HasSubstr("[[wave]]"), HasSubstr("# retry = ")));
}

TEST_F(OfflineTest, EveryVerbThatIsShownHasHelp) {
  const Ran help = Run("--help");
  EXPECT_EQ(help.exit, 0);
  for (const char* verb : {"context list",
                           "context use",
                           "context set",
                           "login",
                           "whoami",
                           "doctor",
                           "key new",
                           "key list",
                           "ca new",
                           "ca issue",
                           "root new",
                           "root sign",
                           "root show",
                           "sign",
                           "trial init",
                           "release publish",
                           "release sign",
                           "release show",
                           "release list",
                           "plan new",
                           "plan show",
                           "plan sign",
                           "plan lint",
                           "rollout start",
                           "rollout halt",
                           "rollout get",
                           "rollout list",
                           "rollout wait",
                           "rollout events",
                           "host list",
                           "host get",
                           "host explain",
                           "host revoke",
                           "host pin",
                           "host label",
                           "host disable",
                           "operator invite",
                           "operator list",
                           "operator revoke",
                           "audit list",
                           "audit verify",
                           "store confirm",
                           "enroll token new",
                           "enroll token list",
                           "enroll token revoke",
                           "enroll pending",
                           "enroll approve",
                           "enroll deny"}) {
    const Ran ran = Run(absl::StrCat(verb, " --help"));
    EXPECT_EQ(ran.exit, 0) << verb;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("Usage:"), HasSubstr("Example: migctl "))) << verb;
  }
  for (const char* verb : {"completion", "web"}) {
    EXPECT_THAT(help.out, Not(HasSubstr(absl::StrCat("\n  ", verb)))) << verb;
  }
}

TEST_F(OfflineTest, TheFlagBeatsTheEnvironmentWhichBeatsTheContext) {
  ASSERT_EQ(Run("trial init t --operator ana").exit, 0);
  ASSERT_EQ(Run("context set a --endpoint a:1 --ca t/servers-ca.pem").exit, 0);
  ASSERT_EQ(Run("context set b --endpoint b:1 --ca t/servers-ca.pem").exit, 0);
  EXPECT_THAT(Run("whoami").err, HasSubstr("context 'a'"));
  environment_["MIGCTL_CONTEXT"] = "b";
  EXPECT_THAT(Run("whoami").err, HasSubstr("context 'b'"));
  EXPECT_THAT(Run("whoami --context a").err, HasSubstr("context 'a'"));
  EXPECT_THAT(Run("--context a whoami").err, HasSubstr("context 'a'"));
  environment_["MIGCTL_OUTPUT"] = "yaml";
  EXPECT_EQ(Run("context list").exit, 2);
}

struct BadInput {
  const char* line;
  int exit;
  const char* says;
};

TEST_F(OfflineTest, BadInputIsOneLineThatNamesItAndChangesNothing) {
  Write("junk", "junk\n");
  Write("secret", "junk\n", 0600);
  Write("long", std::string(500'000, 'x'));
  Write("nul", std::string("\0\0", 2), 0600);
  ASSERT_EQ(symlink("nowhere", Path("dangling").c_str()), 0);
  const BadInput table[] = {
      {"", 2, "--help"},
      {"fly", 2, "fly"},
      {"release", 2, "migctl release --help"},
      {"release fly", 2, "fly"},
      {"context list --fly", 2, "--fly"},
      {"context list -o xml", 2, "xml"},
      {"context use nobody", 3, "nobody"},
      {"context set Prod --endpoint a:1", 2, "Prod"},
      {"context set prod --endpoint nowhere", 2, "nowhere"},
      {"context set prod --endpoint a:99999", 2, "a:99999"},
      {"context set prod --endpoint a:1 --ca junk", 2, "junk"},
      {"context set prod --endpoint a:1 --ca missing", 2, "missing"},
      {"context set prod --endpoint a:1 --root junk", 2, "junk"},
      {"context set prod --endpoint a:1 --root long", 2, "long"},
      {"whoami", 2, "context set"},
      {"ca issue --ca-cert c --ca-key k", 2, "CSR"},
      {"ca issue server.pem --ca-cert c --ca-key k", 2, "--out"},
      {"plan new", 2, "plan new --example"},
      {"plan lint", 2, "FILE"},
      {"host pin h", 2, "--clear"},
      {"host pin h --where os=\"linux\" --clear", 2, "--clear"},
      {"host pin h --where os~1", 2, "column"},
      {"host label h", 2, "--remove"},
      {"host label h site", 2, "site"},
      {"host disable h", 2, "--reason"},
      {"operator invite bo --out f", 2, "--role"},
      {"operator invite bo --role king --out f", 2, "rollout-signer"},
      {"operator revoke bo", 2, "--reason"},
      {"store confirm", 2, "--reason"},
      {"audit list --last few", 2, "few"},
      {"login --token-file missing", 2, "missing"},
      {"login --token-file junk", 2, "chmod 600 junk"},
      {"login --token-file secret", 2, "secret:1"},
      {"key new --name a", 2, "--passphrase-file"},
      {"key new", 2, "--name"},
      {"key list nowhere", 2, "nowhere"},
      {"root show missing", 2, "missing"},
      {"root show junk", 2, "junk"},
      {"root show long", 2, "long"},
      {"root sign junk --key a", 2, "junk"},
      {"root new --out r", 2, "--trust-domain"},
      {"root new --trust-domain d --out r", 2, "--root"},
      {"root new --trust-domain d --root junk --out r", 2, "junk"},
      {"trial init", 2, "DIR"},
      {"trial init t --operators-port 99999", 2, "99999"},
      {"trial init t --operators-port 8443", 2, "ports"},
      {"trial init missing/above/t", 2, "missing"},
      {"plan lint missing.toml", 2, "missing.toml"},
      {"plan lint junk", 2, "junk:1"},
      {"rollout halt x", 2, "--reason"},
      {"rollout wait x --until never", 2, "never"},
      {"rollout wait x --timeout soon", 2, "soon"},
      {"host list --where os~1", 2, "column"},
      {"enroll token new --expires soon", 2, "soon"},
      {"enroll token new --label nothing", 2, "nothing"},
      {"enroll token new --approve maybe", 2, "maybe"},
      {"enroll token new --uses many", 2, "many"},
      {"release publish --product agent --version 1", 2, "COMPONENT=FILE"},
      {"rollout get p --watch=5", 2, "--watch takes no value"},
      {"whoami --yes=false", 2, "--yes takes no value"},
      {"plan new --example=1", 2, "--example takes no value"},
      {"enroll token new --uses 0", 2, "--uses"},
      {"enroll token new --uses -1", 2, "--uses"},
      {"enroll token new --uses 100001", 2, "--uses"},
      {"enroll token new --expires 0s", 2, "lets nobody in"},
      {"enroll token new --label 9=x", 2, "a name begins with"},
      {"audit list --last 0", 2, "--last"},
      {"audit list --last -1", 2, "--last"},
      {"key list junk", 2, "junk: this is no directory"},
      {"key new --name a --passphrase-file nul", 2, "nul:1"},
      {"context set prod --endpoint a:1 --ca dangling", 2, "leads nowhere"},
      {"root show /", 2, "/"},
      {"plan lint nul", 2, "nul:1"},
      {"ca issue c.csr --ca-cert junk --ca-key secret", 2, "junk: "},
      {"host", 2, "a verb is missing"},
  };
  for (const BadInput& bad : table) {
    const Ran ran = Run(std::string(bad.line));
    EXPECT_EQ(ran.exit, bad.exit) << bad.line << "\n" << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(bad.says)) << bad.line;
    EXPECT_EQ(ran.out, "") << bad.line;
    const std::vector<std::string> lines = absl::StrSplit(ran.err, '\n');
    EXPECT_EQ(lines.size(), 2u) << bad.line << "\n" << ran.err;
  }
  EXPECT_FALSE(files_.Exists("t"));
  EXPECT_FALSE(files_.Exists("r"));
  EXPECT_FALSE(files_.Exists("a.key"));
  EXPECT_FALSE(files_.Exists("home/.config/migctl/contexts.toml"));
}

TEST_F(OfflineTest, AContextFileThatIsNotRightNamesItsLine) {
  ASSERT_EQ(Run("trial init t --operator ana").exit, 0);
  ASSERT_EQ(Run("context set a --endpoint a:1 --ca t/servers-ca.pem").exit, 0);
  Write("home/.config/migctl/contexts.toml", "current = \"a\"\n[context.a]\nendpiont = \"a:1\"\n");
  const Ran ran = Run("context list");
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("contexts.toml:2"));
}

TEST_F(OfflineTest, KeysAreListedWithTheirRoles) {
  ASSERT_EQ(Run("trial init t --operator ana").exit, 0);
  const Ran table = Run("key list t/keys --root t/root-1");
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("trial-release\t"), HasSubstr("\trelease\there\t")));
  EXPECT_THAT(table.err, HasSubstr("TRIAL ROOT 1 of 1"));
  EXPECT_THAT(Run("key list home -o json").err, HasSubstr("home"));
}

}  // namespace
}  // namespace mig::ctl
