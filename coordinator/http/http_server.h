// The coordinator's plain HTTP listener: metrics and liveness, for what watches it. On loopback by
// default; it shows no host's data and changes nothing.

#ifndef MIG_COORDINATOR_HTTP_HTTP_SERVER_H_
#define MIG_COORDINATOR_HTTP_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace mig::coordinator {

// GET /metrics gives `page()`, GET /healthz "ok"; all else is 404. Few connections are served at
// once, with small requests and short time-outs, since a thread is held for each.
class HttpServer {
 public:
  using Page = std::function<std::string()>;  // called by the server's threads

  // Listens on `host`:`port` (0: a free port) until it is destroyed. Unavailable, naming the
  // address, if that is taken.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& host, uint16_t port,
                                                           Page page);
  ~HttpServer();

  uint16_t port() const;

 private:
  class Listener;
  explicit HttpServer(std::unique_ptr<Listener> listener);

  std::unique_ptr<Listener> listener_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HTTP_HTTP_SERVER_H_
