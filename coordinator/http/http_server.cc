#include "coordinator/http/http_server.h"

#include <httplib.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mig::coordinator {
namespace {

constexpr size_t kThreads = 4;
constexpr size_t kMaxRequestBytes = 4096;
constexpr time_t kTimeoutSeconds = 5;
constexpr size_t kMaxRequestsOfAConnection = 100;

}  // namespace

class HttpServer::Listener {
 public:
  explicit Listener(Page page) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    // Without SO_REUSEPORT, the library's default: a port that is taken must be an error.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server_.set_payload_max_length(kMaxRequestBytes);
    server_.set_read_timeout(kTimeoutSeconds);
    server_.set_write_timeout(kTimeoutSeconds);
    server_.set_keep_alive_timeout(kTimeoutSeconds);
    server_.set_keep_alive_max_count(kMaxRequestsOfAConnection);
    server_.Get("/metrics",
                [page = std::move(page)](const httplib::Request&, httplib::Response& answer) {
                  answer.set_content(page(), "text/plain; version=0.0.4; charset=utf-8");
                });
    server_.Get("/healthz", [](const httplib::Request&, httplib::Response& answer) {
      answer.set_content("ok\n", "text/plain");
    });
  }

  ~Listener() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  bool Listen(const std::string& host, uint16_t port) {
    if (port == 0) {
      const int bound = server_.bind_to_any_port(host);
      if (bound <= 0) return false;
      port_ = static_cast<uint16_t>(bound);
    } else {
      if (!server_.bind_to_port(host, port)) return false;
      port_ = port;
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() does nothing before the loop runs; it begins at once.
    while (!server_.is_running()) std::this_thread::yield();
    return true;
  }

  uint16_t port() const { return port_; }

 private:
  httplib::Server server_;
  std::thread thread_;
  uint16_t port_ = 0;
};

HttpServer::HttpServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
HttpServer::~HttpServer() = default;

uint16_t HttpServer::port() const { return listener_->port(); }

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& host,
                                                              uint16_t port, Page page) {
  auto listener = std::make_unique<Listener>(std::move(page));
  if (!listener->Listen(host, port)) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", host, ":", port,
                     " for metrics: the port is taken, or the address is not this machine's"));
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener)));
}

}  // namespace mig::coordinator
