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

# How often one host may call, by the id in its certificate: so many calls at once (burst), then one
# more with each interval. The largest run of a loader fits in; whoever is in a loop is told when to
# come back. Raise it for a benchmark that has few hosts. Without this table: the same.
[limits]
check_in_burst = 128
check_in_interval = "5s"
fetch_burst = 4096
fetch_interval = "250ms"
report_burst = 256
report_interval = "5s"
renew_burst = 8
renew_interval = "1h"
# The same of one address at the enrollment port, where nobody has an id yet, and of all together.
enrollment_burst = 200
enrollment_interval = "200ms"
all_enrollment_burst = 2000
all_enrollment_interval = "5ms"
)";

}  // namespace

std::string ConfigTemplate(absl::string_view name, absl::string_view trust_domain) {
  return absl::StrReplaceAll(kTemplate, {{"{name}", name}, {"{trust_domain}", trust_domain}});
}

}  // namespace mig::coordinator
