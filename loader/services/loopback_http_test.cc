#include "loader/services/loopback_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/system_clock.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using base::testing::IsOkAndHolds;
using base::testing::StatusIs;
using ::testing::HasSubstr;

TEST(LoopbackUrlTest, ThisMachineIsTaken) {
  const LoopbackUrl url = ParseLoopbackUrl("http://127.0.0.1:9100/metrics?a=b").value();
  EXPECT_EQ(url.address, "127.0.0.1");
  EXPECT_EQ(url.port, 9100);
  EXPECT_EQ(url.authority, "127.0.0.1:9100");
  EXPECT_EQ(url.path, "/metrics?a=b");
  EXPECT_EQ(ParseLoopbackUrl("http://[::1]:80").value().address, "::1");
  EXPECT_EQ(ParseLoopbackUrl("http://[::1]").value().port, 80);
  EXPECT_EQ(ParseLoopbackUrl("http://localhost/").value().address, "127.0.0.1");
  EXPECT_EQ(ParseLoopbackUrl("http://127.8.9.1?x").value().path, "/?x");
}

TEST(LoopbackUrlTest, EverythingElseIsRefused) {
  for (const char* url : {"",
                          "http://",
                          "https://127.0.0.1/",
                          "file:///etc/passwd",
                          "http://10.0.0.1/",
                          "http://169.254.169.254/latest",
                          "http://localhost.evil.example/",
                          "http://0/",
                          "http://2130706433/",
                          "http://0x7f.1/",
                          "http://127.1/",
                          "http://user@127.0.0.1/",
                          "http://127.0.0.1@evil.example/",
                          "http://127.0.0.1:/",
                          "http://127.0.0.1:0/",
                          "http://127.0.0.1:65536/",
                          "http://127.0.0.1:-1/",
                          "http://127.0.0.1:80 /",
                          "http://127.0.0.1/\r\nHost: x",
                          "http://127.0.0.1/#x",
                          "http://[::ffff:127.0.0.1]/",
                          "http://127.0.0.1:+80/",
                          "http://127.0.0.1/\xC3\xA4"}) {
    EXPECT_THAT(ParseLoopbackUrl(url), StatusIs(absl::StatusCode::kInvalidArgument)) << url;
  }
  EXPECT_FALSE(ParseLoopbackUrl("http://127.0.0.1/" + std::string(3000, 'a')).ok());
}

// Takes one connection, reads the request, answers, and closes (or stays silent and open).
class OneShotServer {
 public:
  enum class Then { kClose, kStaySilent };

  OneShotServer(std::string answer, Then then) : then_(then) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] { Serve(answer); });
  }
  ~OneShotServer() {
    thread_.join();
    if (connection_ >= 0) close(connection_);
    close(listener_);
  }

  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_, "/health"); }
  const std::string& request() const { return request_; }

 private:
  void Serve(const std::string& answer) {
    connection_ = accept(listener_, nullptr, nullptr);
    char buffer[4096];
    const ssize_t count = recv(connection_, buffer, sizeof(buffer), 0);
    request_.assign(buffer, count > 0 ? static_cast<size_t>(count) : 0);
    send(connection_, answer.data(), answer.size(), MSG_NOSIGNAL);
    if (then_ == Then::kClose) shutdown(connection_, SHUT_RDWR);
  }

  const Then then_;
  int listener_ = -1;
  int connection_ = -1;
  uint16_t port_ = 0;
  std::string request_;
  std::thread thread_;
};

class LoopbackHttpTest : public ::testing::Test {
 protected:
  absl::StatusOr<int> Get(const std::string& url, absl::Duration timeout = absl::Seconds(30)) {
    return GetLoopback(*clock_, ParseLoopbackUrl(url).value(), clock_->MonotonicNow() + timeout);
  }

  std::unique_ptr<base::SystemClock> clock_ = base::SystemClock::Open().value();
};

TEST_F(LoopbackHttpTest, TheStatusIsReadAndTheRequestIsWellFormed) {
  OneShotServer server("HTTP/1.1 200 OK\r\n\r\nbody", OneShotServer::Then::kClose);
  EXPECT_THAT(Get(server.url()), IsOkAndHolds(200));
  EXPECT_THAT(server.request(), HasSubstr("GET /health HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST_F(LoopbackHttpTest, ARedirectIsAStatusAndIsNotFollowed) {
  OneShotServer server("HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n",
                       OneShotServer::Then::kClose);
  EXPECT_THAT(Get(server.url()), IsOkAndHolds(302));
}

TEST_F(LoopbackHttpTest, SilenceEndsAtTheDeadline) {
  OneShotServer server("HTTP/1.1 2", OneShotServer::Then::kStaySilent);
  EXPECT_THAT(Get(server.url(), absl::Milliseconds(200)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(LoopbackHttpTest, WhatIsNotHttpOrEndsEarlyIsToldApart) {
  OneShotServer ssh("SSH-2.0-OpenSSH\r\n", OneShotServer::Then::kStaySilent);
  EXPECT_THAT(Get(ssh.url()), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("SSH-2.0")));
  OneShotServer flood(std::string(10'000, 'H'), OneShotServer::Then::kStaySilent);
  EXPECT_THAT(Get(flood.url()), StatusIs(absl::StatusCode::kInvalidArgument));
  OneShotServer closing("HTTP/1.1", OneShotServer::Then::kClose);
  EXPECT_THAT(Get(closing.url()), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(LoopbackHttpTest, NobodyThereIsUnavailable) {
  // Port 1 of a loopback address that nobody binds.
  EXPECT_THAT(Get("http://127.213.7.9:1/"), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace mig::loader
