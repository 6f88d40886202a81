// One unary call of gRPC's callback API, handed to a handler that knows no transport.

#ifndef MIG_COORDINATOR_TRANSPORT_UNARY_H_
#define MIG_COORDINATOR_TRANSPORT_UNARY_H_

#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/done.h"
#include "coordinator/transport/call_meter.h"
#include "coordinator/transport/grpc_status.h"
#include "coordinator/transport/workers.h"

namespace mig::coordinator {

// Has `where` (Workers, or AtOnce) call `handle(peer, done)`, unless `peer` is an error already,
// and finishes the call when `done` is called, on whatever thread that is. `answer` is gRPC's, and
// lives until then, as the request does.
template <typename Answer, typename Where, typename Handle>
grpc::ServerUnaryReactor* AnswerUnary(const Meters& meters, absl::string_view method,
                                      grpc::CallbackServerContext* context,
                                      absl::StatusOr<Peer> peer, Answer* answer, Where&& where,
                                      Handle handle) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  CallMeter meter(meters, method);
  absl::Status begun = peer.status();
  if (begun.ok()) {
    begun = where.Post(
        [reactor, answer, meter, peer = *std::move(peer), handle = std::move(handle)]() mutable {
          handle(peer, [reactor, answer, meter](absl::StatusOr<Answer> result) mutable {
            if (result.ok()) *answer = *std::move(result);
            meter.Finish(result.status());
            reactor->Finish(ToGrpc(result.status()));
          });
        });
  }
  if (!begun.ok()) {
    meter.Finish(begun);
    reactor->Finish(ToGrpc(begun));
  }
  return reactor;
}

}  // namespace mig::coordinator

// Overrides one unary method of a service by the method of the same name of `handlers`, called by
// `where`. A macro, since gRPC wants a virtual function for each of fifty methods that differ in
// name and types only. Needs members `meters_` and what `peer_of`, `handlers` and `where` name;
// undefined by nobody, used only in the services of this folder.
#define MIG_ANSWER_UNARY(Method, Request, Answer, peer_of, handlers, where)                        \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context,                           \
                                   const v1::Request* request, v1::Answer* answer) override {      \
    return AnswerUnary(meters_, #Method, context, absl::StatusOr<Peer>(peer_of(*context)), answer, \
                       where, [this, request](const Peer& peer, Done<v1::Answer> done) {           \
                         handlers.Method(peer, *request, std::move(done));                         \
                       });                                                                         \
  }

#endif  // MIG_COORDINATOR_TRANSPORT_UNARY_H_
