// What lies where in a coordinator's directory: `mig-coordinator init DIR` makes the part that is a
// coordinator's own business, `migctl trial init DIR` all of it, offline keys included.
//
//   DIR/coordinator.toml      0644  configuration; `mig-coordinator --config DIR/coordinator.toml`
//   DIR/server.key            0600  PKCS#8 PEM, P-256: the server's key
//   DIR/server.csr            0644  PEM; from `mig-coordinator init` only, for `migctl ca issue`
//   DIR/server.pem            0644  PEM chain, leaf first, then the servers' CA
//   DIR/servers-ca.pem/.key         the servers' CA. The key is in a trial only: else it is offline
//   DIR/loaders-ca.pem/.key         the loaders' CA: the coordinator issues with it
//   DIR/operators-ca.pem/.key       the operators' CA: the same
//   DIR/online.key            0600  "MIG KEY", without a passphrase
//   DIR/online.key.pub        0644  its public line, which goes into a root
//   DIR/root-1, root-2, ...   0644  serialised Envelopes of the roots, as they follow each other
//   DIR/store.db, blobs/            made by the coordinator at its first start
//   DIR/operator.token        0600  see below
//   DIR/keys/{root,release,rollout}.key(.pub)   a trial's only: the offline keys
//   DIR/loader/loader.toml, dictionary.toml, root    what a loader on this machine starts with
//
// All *.key files are 0600, all other files 0644, DIR, keys/ and loader/ 0700.
//
// coordinator.toml. A path that is not absolute begins at the directory of the file itself, so that
// DIR can be moved; an unknown key is an error.
//
//   [server]      name = "trial"                     # the coordinator's name in its SPIFFE id
//                 trust_domain = "trial.local"
//                 loaders_listen = "127.0.0.1:8443"  # HOST:PORT, all four
//                 enrollment_listen = "127.0.0.1:8444"
//                 operators_listen = "127.0.0.1:8445"
//                 metrics_listen = "127.0.0.1:9090"
//                 certificate = "server.pem"
//                 key = "server.key"
//   [ca]          loaders_certificate = "loaders-ca.pem"
//                 loaders_key = "loaders-ca.key"
//                 operators_certificate = "operators-ca.pem"
//                 operators_key = "operators-ca.key"
//   [online]      key = "online.key"
//   [documents]   root = "root-1"                    # the first root; root-2 ... beside it follow
//   [store]       path = "store.db"
//   [blobs]       directory = "blobs"
//   [enrollment]  operator_token_file = "operator.token"
//
// operator.token, two lines:
//
//   mt_...                                     the token's text (docs/protocol.md, "Identity"):
//   kind
//                                              2, root version and digest of root-1; both zero
//                                              where there was no root yet (`mig-coordinator init`)
//   NAME ROLE,ROLE,...                         the operator and the words of AdminRole, lower case
//                                              with "-" for "_", sorted by bytes
//
// When the coordinator starts and its store knows no invitation with the SHA-256 of that secret, it
// records one: for this name and these roles, one use, 7 days from now. One that was used stays
// used. `migctl login --token-file` reads the first line and ignores the second.

#ifndef MIG_COORDINATOR_SERVER_DIRECTORY_LAYOUT_H_
#define MIG_COORDINATOR_SERVER_DIRECTORY_LAYOUT_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace mig::coordinator::layout {

inline constexpr absl::string_view kCoordinatorConfig = "coordinator.toml";
inline constexpr absl::string_view kServerKey = "server.key";
inline constexpr absl::string_view kServerCertificate = "server.pem";
inline constexpr absl::string_view kServerRequest = "server.csr";
inline constexpr absl::string_view kServersCaCertificate = "servers-ca.pem";
inline constexpr absl::string_view kServersCaKey = "servers-ca.key";
inline constexpr absl::string_view kLoadersCaCertificate = "loaders-ca.pem";
inline constexpr absl::string_view kLoadersCaKey = "loaders-ca.key";
inline constexpr absl::string_view kOperatorsCaCertificate = "operators-ca.pem";
inline constexpr absl::string_view kOperatorsCaKey = "operators-ca.key";
inline constexpr absl::string_view kOnlineKey = "online.key";
inline constexpr absl::string_view kPublicSuffix = ".pub";
inline constexpr absl::string_view kFirstRoot = "root-1";
inline constexpr absl::string_view kStore = "store.db";
inline constexpr absl::string_view kBlobs = "blobs";
inline constexpr absl::string_view kOperatorToken = "operator.token";

inline constexpr absl::string_view kKeysDirectory = "keys";
inline constexpr absl::string_view kRootKey = "root.key";
inline constexpr absl::string_view kReleaseKey = "release.key";
inline constexpr absl::string_view kRolloutKey = "rollout.key";

inline constexpr absl::string_view kLoaderDirectory = "loader";
inline constexpr absl::string_view kLoaderConfig = "loader.toml";
inline constexpr absl::string_view kLoaderDictionary = "dictionary.toml";
inline constexpr absl::string_view kLoaderRoot = "root";

inline constexpr uint16_t kLoadersPort = 8443;
inline constexpr uint16_t kEnrollmentPort = 8444;
inline constexpr uint16_t kOperatorsPort = 8445;
inline constexpr uint16_t kMetricsPort = 9090;

inline constexpr uint32_t kSecretMode = 0600;
inline constexpr uint32_t kPublicMode = 0644;
inline constexpr uint32_t kDirectoryMode = 0700;

}  // namespace mig::coordinator::layout

#endif  // MIG_COORDINATOR_SERVER_DIRECTORY_LAYOUT_H_
