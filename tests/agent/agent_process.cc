#include "tests/agent/agent_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <utility>

#include "base/check.h"

namespace mig::tests {

namespace {

sockaddr_in Loopback(uint32_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

std::string ReadToEnd(const Descriptor& from) {
  std::string text;
  char bytes[4'096];
  for (;;) {
    const ssize_t size = read(from.get(), bytes, sizeof(bytes));
    if (size <= 0) return text;
    text.append(bytes, static_cast<size_t>(size));
  }
}

}  // namespace

ShortTempDirectory::ShortTempDirectory() : path_("/tmp/mig-agent-XXXXXX") {
  MIG_CHECK(mkdtemp(path_.data()) != nullptr) << path_ << ": " << std::strerror(errno);
}

ShortTempDirectory::~ShortTempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Process::Process(const std::vector<std::string>& words) {
  int ends[2];
  MIG_CHECK(pipe2(ends, O_CLOEXEC) == 0) << std::strerror(errno);
  output_ = Descriptor(ends[0]);
  const Descriptor said(ends[1]);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  pid_ = fork();
  MIG_CHECK(pid_ >= 0) << std::strerror(errno);
  if (pid_ == 0) {
    dup2(said.get(), STDOUT_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
}

Process::~Process() {
  if (waited_) return;
  Kill(SIGKILL);
  Wait();
}

std::string Process::ReadLine() {
  std::string line;
  char byte;
  while (read(output_.get(), &byte, 1) == 1 && byte != '\n') line += byte;
  return line;
}

void Process::Kill(int signal) { kill(pid_, signal); }

int Process::Wait() {
  MIG_CHECK(!waited_) << "waited for already";
  int status = 0;
  MIG_CHECK(waitpid(pid_, &status, 0) == pid_) << std::strerror(errno);
  waited_ = true;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int RunToEnd(const std::vector<std::string>& words) { return Process(words).Wait(); }

uint32_t FreePort() {
  const Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  MIG_CHECK(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  MIG_CHECK(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

std::string HttpGet(uint32_t port, const std::string& path, int patience_ms) {
  const Descriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = patience_ms / 1'000, .tv_usec = patience_ms % 1'000 * 1'000};
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const sockaddr_in address = Loopback(port);
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return "";
  }
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  if (send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
  return ReadToEnd(client);
}

std::string ReadSocket(const std::string& path) {
  const Descriptor client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  MIG_CHECK(path.size() < sizeof(address.sun_path)) << path;
  path.copy(address.sun_path, path.size());
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return "";
  }
  return ReadToEnd(client);
}

}  // namespace mig::tests
