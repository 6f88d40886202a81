// What a trial makes is what coordinator and loader read, and what verifies.

#include "ctl/trial/make_trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/posix_file_system.h"
#include "base/system_random.h"
#include "base/testing/status_matchers.h"
#include "coordinator/server/config.h"
#include "loader/config/config.h"
#include "loader/config/dictionary.h"
#include "trust/key_file.h"
#include "trust/token/token.h"
#include "trust/verified.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate.h"
#include "trust/x509/private_key.h"

namespace mig::ctl {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

namespace x509 = trust::x509;

const absl::Time kNow = absl::FromUnixSeconds(1767225600);

class MakeTrialTest : public ::testing::Test {
 protected:
  MakeTrialTest() : files_(disk_, NewDirectory()) { options_.operator_name = "ana"; }

  static std::string NewDirectory() {
    std::string pattern = absl::StrCat(std::getenv("TEST_TMPDIR"), "/trialXXXXXX");
    return mkdtemp(pattern.data());
  }

  absl::Status MakeAndWrite() {
    const auto directory = files_.Absolute("t");
    const auto trial = MakeTrial(options_, *directory, kNow, random_);
    if (!trial.ok()) return trial.status();
    return WriteTrial(*trial, "t", files_);
  }
  std::string Read(const std::string& name) {
    const auto bytes = files_.Read(absl::StrCat("t/", name), 1 << 20, "the file");
    EXPECT_THAT(bytes, IsOk());
    return bytes.ok() ? *bytes : std::string();
  }
  std::string Path(const std::string& name) { return *files_.Absolute(absl::StrCat("t/", name)); }
  x509::Certificate Ca(const std::string& name) { return *x509::Certificate::ParsePem(Read(name)); }

  base::PosixFileSystem disk_;
  base::SystemRandom random_;
  LocalFiles files_;
  TrialOptions options_;
};

TEST_F(MakeTrialTest, TheCoordinatorReadsItsConfiguration) {
  options_.loaders_port = 18443;
  options_.enrollment_port = 18444;
  options_.operators_port = 18445;
  options_.metrics_port = 19090;
  ASSERT_THAT(MakeAndWrite(), IsOk());
  const auto config = coordinator::Config::Load(disk_, Path("coordinator.toml"));
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->trust_domain, "trial.local");
  EXPECT_EQ(config->loaders_listen.ToString(), "127.0.0.1:18443");
  EXPECT_EQ(config->enrollment_listen.ToString(), "127.0.0.1:18444");
  EXPECT_EQ(config->operators_listen.ToString(), "127.0.0.1:18445");
  EXPECT_EQ(config->metrics_listen.ToString(), "127.0.0.1:19090");
  for (const std::string& path :
       {config->server_certificate, config->server_key, config->loaders_ca_certificate,
        config->loaders_ca_key, config->operators_ca_certificate, config->operators_ca_key,
        config->online_key, config->first_root, config->operator_token}) {
    EXPECT_TRUE(files_.Exists(path)) << path;
  }
}

TEST_F(MakeTrialTest, TheLoaderReadsItsConfigurationAndDictionary) {
  ASSERT_THAT(MakeAndWrite(), IsOk());
  const auto config =
      loader::Config::Load(disk_, Path("loader/loader.toml"), static_cast<uint32_t>(getuid()));
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->coordinators, std::vector<std::string>{"127.0.0.1:8443"});
  EXPECT_EQ(config->enrollment, "127.0.0.1:8444");
  EXPECT_EQ(config->interval, absl::Minutes(5));
  const auto dictionary = loader::Dictionary::Load(
      disk_, config->dictionary_file, static_cast<uint32_t>(getuid()), config->ReservedPaths());
  ASSERT_THAT(dictionary, IsOk());
  EXPECT_NE(dictionary->Find("agent"), nullptr);
  EXPECT_EQ(Read("loader/root"), Read("root-1"));
}

TEST_F(MakeTrialTest, TheRootIsATrialRootThatNamesItsCas) {
  ASSERT_THAT(MakeAndWrite(), IsOk());
  const auto root = trust::VerifyFirstRoot(Read("root-1"));
  ASSERT_THAT(root, IsOk());
  EXPECT_TRUE((*root)->IsTrial());
  EXPECT_EQ((*root)->server_ca_certificates().front(), Ca("servers-ca.pem").der());
  EXPECT_EQ((*root)->loader_ca_spki_digests().front(), Ca("loaders-ca.pem").spki_digest());
  EXPECT_EQ((*root)->operator_ca_spki_digests().front(), Ca("operators-ca.pem").spki_digest());
  for (const char* name : {"root", "release", "rollout"}) {
    EXPECT_THAT(trust::DecodeKeyFile(Read(absl::StrCat("keys/", name, ".key")), std::nullopt),
                IsOk());
    EXPECT_THAT(trust::DecodePublicKeyFile(Read(absl::StrCat("keys/", name, ".key.pub"))), IsOk());
  }
  const auto online = trust::DecodeKeyFile(Read("online.key"), std::nullopt);
  ASSERT_THAT(online, IsOk());
  EXPECT_EQ((*root)->role(trust::RoleKind::kOnline).keys.front().key, online->key.public_key());
}

TEST_F(MakeTrialTest, TheServersCertificateIsByTheServersCaForTheNamesThatWereAsked) {
  options_.dns_names = {"mig.corp.example"};
  options_.ip_addresses = {"10.0.0.7"};
  ASSERT_THAT(MakeAndWrite(), IsOk());
  const auto chain = x509::Certificate::ParsePemChain(Read("server.pem"));
  ASSERT_THAT(chain, IsOk());
  ASSERT_EQ(chain->size(), 2u);
  EXPECT_THAT(chain->front().CheckIssuedBy(Ca("servers-ca.pem")), IsOk());
  EXPECT_EQ(chain->front().dns_names(), std::vector<std::string>{"mig.corp.example"});
  EXPECT_EQ(chain->front().ip_addresses(), std::vector<std::string>{"10.0.0.7"});
  EXPECT_EQ(chain->front().uris().front(), "spiffe://trial.local/coordinator/trial");
  const auto key = x509::PrivateKey::FromPem(Read("server.key"));
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->spki(), chain->front().spki());
  EXPECT_THAT(Read("loader/loader.toml"), HasSubstr("10.0.0.7:8443"));
}

TEST_F(MakeTrialTest, TheTokenIsAnOperatorsAndNamesTheRoot) {
  ASSERT_THAT(MakeAndWrite(), IsOk());
  const std::vector<std::string> lines = absl::StrSplit(Read("operator.token"), '\n');
  ASSERT_EQ(lines.size(), 3u);
  const auto token = trust::ParseToken(lines[0], trust::TokenKind::kOperator);
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->root_version, 1u);
  EXPECT_EQ(token->root_digest, trust::VerifyFirstRoot(Read("root-1"))->digest());
  EXPECT_EQ(lines[1], "ana admin,approver,operator,release-signer,rollout-signer,viewer");
}

TEST_F(MakeTrialTest, SecretsAreTheOwnersOnly) {
  ASSERT_THAT(MakeAndWrite(), IsOk());
  const auto mode = [&](const std::string& name) {
    struct stat facts = {};
    EXPECT_EQ(stat(Path(name).c_str(), &facts), 0) << name;
    return facts.st_mode & 07777;
  };
  for (const char* name :
       {"server.key", "servers-ca.key", "loaders-ca.key", "operators-ca.key", "online.key",
        "operator.token", "keys/root.key", "keys/release.key", "keys/rollout.key"}) {
    EXPECT_EQ(mode(name), 0600u) << name;
  }
  EXPECT_EQ(mode("."), 0700u);
  EXPECT_EQ(mode("root-1"), 0644u);
}

TEST_F(MakeTrialTest, WithAPassphraseTheOfflineKeysNeedItAndTheOnlineOneDoesNot) {
  options_.passphrase = "horse";
  ASSERT_THAT(MakeAndWrite(), IsOk());
  EXPECT_THAT(trust::NeedsPassphrase(Read("keys/root.key")), IsOkAndHolds(true));
  EXPECT_THAT(trust::NeedsPassphrase(Read("online.key")), IsOkAndHolds(false));
}

TEST_F(MakeTrialTest, NothingIsOverwrittenAndNothingIsHalfMade) {
  ASSERT_THAT(MakeAndWrite(), IsOk());
  const std::string before = Read("root-1");
  EXPECT_THAT(MakeAndWrite(), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(Read("root-1"), before);
  EXPECT_FALSE(files_.Exists(".t.new"));
}

TEST_F(MakeTrialTest, BadOptionsMakeNothing) {
  const auto wrong = [&](auto change) {
    TrialOptions options = options_;
    change(options);
    return MakeTrial(options, "/tmp/t", kNow, random_).status();
  };
  const absl::StatusCode bad = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(wrong([](auto& o) { o.operator_name = "Ana!"; }), StatusIs(bad, HasSubstr("Ana!")));
  EXPECT_THAT(wrong([](auto& o) { o.trust_domain = "UPPER"; }), StatusIs(bad, HasSubstr("UPPER")));
  EXPECT_THAT(wrong([](auto& o) { o.name = ""; }), StatusIs(bad));
  EXPECT_THAT(wrong([](auto& o) { o.products = {"No Product"}; }), StatusIs(bad));
  EXPECT_THAT(wrong([](auto& o) { o.products = {}; }), StatusIs(bad));
  EXPECT_THAT(wrong([](auto& o) { o.metrics_port = o.loaders_port; }), StatusIs(bad));
  EXPECT_THAT(wrong([](auto& o) { o.ip_addresses = {"not an address"}; }), StatusIs(bad));
  EXPECT_THAT(wrong([](auto& o) { o.ip_addresses = o.dns_names = {}; }), StatusIs(bad));
}

}  // namespace
}  // namespace mig::ctl
