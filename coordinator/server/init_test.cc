#include "coordinator/server/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "coordinator/server/config.h"
#include "trust/key_file.h"
#include "trust/token/token.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate_request.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

class InitTest : public ::testing::Test {
 protected:
  absl::Status Init(InitOptions options) {
    return InitDirectory(disk_, random_, "/srv/co", options);
  }
  std::string Read(absl::string_view name) {
    auto text = base::ReadWhole(disk_, base::JoinPath("/srv/co", name), 1 << 20);
    EXPECT_THAT(text, IsOk());
    return text.value_or("");
  }
  uint32_t ModeOf(absl::string_view name) { return (*disk_.OpenRoot("/srv/co"))->Stat(name)->mode; }

  absl::Status LoadAuthority(absl::string_view certificate_name, absl::string_view key_name) {
    MIG_ASSIGN_OR_RETURN(auto certificate,
                         trust::x509::Certificate::ParsePem(Read(certificate_name)));
    MIG_ASSIGN_OR_RETURN(auto key, trust::x509::PrivateKey::FromPem(Read(key_name)));
    return trust::x509::Authority::Load(std::move(certificate), std::move(key)).status();
  }

  static InitOptions Options() {
    return {.trust_domain = "corp.example",
            .operator_name = "ana",
            .now = absl::FromUnixSeconds(1'800'000'000)};
  }

  base::MemoryFileSystem disk_;
  base::testing::SeededRandom random_{base::testing::Seed(7)};
};

TEST_F(InitTest, ItsConfigurationLoads) {
  ASSERT_THAT(Init(Options()), IsOk());

  const auto config = Config::Load(disk_, "/srv/co/coordinator.toml");

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->trust_domain, "corp.example");
}

TEST_F(InitTest, BothCasLoadWithTheirKeys) {
  ASSERT_THAT(Init(Options()), IsOk());

  EXPECT_THAT(LoadAuthority("loaders-ca.pem", "loaders-ca.key"), IsOk());
  EXPECT_THAT(LoadAuthority("operators-ca.pem", "operators-ca.key"), IsOk());
}

TEST_F(InitTest, TheRequestIsForTheServersKey) {
  ASSERT_THAT(Init(Options()), IsOk());

  const auto request = trust::x509::CertificateRequest::ParsePem(Read("server.csr"));
  const auto key = trust::x509::PrivateKey::FromPem(Read("server.key"));

  ASSERT_THAT(request, IsOk());
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(request->spki(), key->spki());
}

// Promise 1.
TEST_F(InitTest, TheOnlyDocumentKeyOfACoordinatorIsTheOnlineOne) {
  ASSERT_THAT(Init(Options()), IsOk());

  int document_keys = 0;
  const auto entries = (*disk_.OpenRoot("/srv/co"))->List(100);
  ASSERT_THAT(entries, IsOk());
  for (const base::DirectoryEntry& entry : *entries) {
    if (trust::DecodeKeyFile(Read(entry.name), "any passphrase").ok()) ++document_keys;
  }

  EXPECT_EQ(document_keys, 1);
  EXPECT_THAT(trust::DecodeKeyFile(Read("online.key"), std::nullopt), IsOk());
}

TEST_F(InitTest, EverySecretIsForItsOwnerOnly) {
  ASSERT_THAT(Init(Options()), IsOk());

  for (absl::string_view name :
       {"server.key", "loaders-ca.key", "operators-ca.key", "online.key", "operator.token"}) {
    EXPECT_EQ(ModeOf(name), 0600u) << name;
  }
}

TEST_F(InitTest, TheInvitationIsAnOperatorsTokenAndNamesThem) {
  ASSERT_THAT(Init(Options()), IsOk());

  const std::vector<std::string> lines = absl::StrSplit(Read("operator.token"), '\n');

  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(trust::ParseToken(lines[0], trust::TokenKind::kOperator), IsOk());
  EXPECT_EQ(lines[1], "ana admin,approver,operator,release-signer,rollout-signer,viewer");
}

TEST_F(InitTest, ASecondInitNamesWhatIsThereAndChangesNothing) {
  ASSERT_THAT(Init(Options()), IsOk());
  const std::string before = Read("online.key");

  EXPECT_THAT(Init(Options()),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("/srv/co/loaders-ca.key")));
  EXPECT_EQ(Read("online.key"), before);
}

TEST_F(InitTest, ABadOperatorNameMakesNothing) {
  InitOptions options = Options();
  options.operator_name = "Ana B";

  EXPECT_THAT(Init(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'Ana B'")));
  EXPECT_FALSE(disk_.OpenRoot("/srv/co").ok());
}

}  // namespace
}  // namespace mig::coordinator
