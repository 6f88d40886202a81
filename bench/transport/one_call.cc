// The least program that checks in: one mutual TLS connection, one call, the end. The limit of a
// loader's run with nothing to do; linked as mig-loader is.
//
// Usage: one_call ENDPOINT CHAIN KEY SERVER_CA REQUEST    (the last four are files)
// Status: 0, 1 the call failed, 2 wrong arguments. It says nothing: a benchmark runs it.

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/loader_service.grpc.pb.h"

namespace {

std::string Read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  grpc::SslCredentialsOptions options;
  options.pem_cert_chain = Read(argv[2]);
  options.pem_private_key = Read(argv[3]);
  options.pem_root_certs = Read(argv[4]);
  mig::v1::CheckInRequest request;
  request.ParseFromString(Read(argv[5]));
  const auto stub =
      mig::v1::LoaderService::NewStub(grpc::CreateChannel(argv[1], grpc::SslCredentials(options)));
  grpc::ClientContext context;
  mig::v1::CheckInAnswer answer;
  const grpc::Status status = stub->CheckIn(&context, request, &answer);
  _exit(status.ok() ? 0 : 1);  // gRPC's tear-down is not what is measured
}
