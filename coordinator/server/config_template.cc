#include "coordinator/server/config_template.h"

#include "absl/strings/str_replace.h"

namespace mig::coordinator {
namespace {

constexpr absl::string_view kTemplate =
    R"(# mig-coordinator. A path that is not absolute begins at this file's directory.
# After a change: mig-coordinator --config THIS-FILE --check-config, then restart it.

[server]
# In its certificate: spiffe://TRUST-DOMAIN/coordinator/NAME.
name = "{name}"
trust_domain = "{trust_domain}"
# Loaders and operators, mutual TLS; enrollment, first logins and late renewals, TLS.
loaders_listen = "0.0.0.0:8443"
enrollment_listen = "0.0.0.0:8444"
operators_listen = "0.0.0.0:8445"
# Prometheus metrics, plain HTTP: keep it on this machine, or behind a proxy of yours.
metrics_listen = "127.0.0.1:9090"
# The server's certificate chain, by the offline servers' CA (migctl ca issue), and its key.
certificate = "server.pem"
key = "server.key"

# Certificates of hosts and operators are issued with these. They sign no document.
[ca]
loaders_certificate = "loaders-ca.pem"
loaders_key = "loaders-ca.key"
operators_certificate = "operators-ca.pem"
operators_key = "operators-ca.key"

# Signs assignments, which live for a minute and can name only what offline keys have signed.
[online]
key = "online.key"

# The first root; root-2, root-3, ... beside it follow it.
[documents]
root = "root-1"

# Hosts, offers, outcomes, audit: one SQLite file. Back it up with mig-coordinator stopped, or by
# SQLite's own online backup.
[store]
path = "store.db"

# Contents of releases, by digest.
[blobs]
directory = "blobs"

# The first operator's one-use invitation; the file may be deleted after the first login.
[enrollment]
operator_token_file = "operator.token"
)";

}  // namespace

std::string ConfigTemplate(absl::string_view name, absl::string_view trust_domain) {
  return absl::StrReplaceAll(kTemplate, {{"{name}", name}, {"{trust_domain}", trust_domain}});
}

}  // namespace mig::coordinator
