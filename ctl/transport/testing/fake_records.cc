#include "ctl/transport/testing/fake_records.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ctl/transport/testing/fake_enrollment.h"

namespace mig::ctl::testing {
namespace {

grpc::Status NotFound(const std::string& name) {
  return grpc::Status(grpc::StatusCode::NOT_FOUND, absl::StrCat("no '", name, "'"));
}

}  // namespace

v1::Host* FakeRecords::Find(const std::string& host) {
  for (v1::Host& each : state_.hosts) {
    if (each.hostname() == host) return &each;
  }
  return nullptr;
}

grpc::Status FakeRecords::PinHost(grpc::ServerContext*, const v1::PinHostRequest* request,
                                  v1::Host* host) {
  MIG_FAKE_BEGIN();
  v1::Host* const known = Find(request->host());
  if (known == nullptr) return NotFound(request->host());
  known->set_pinned_filter(request->filter());
  *host = *known;
  return grpc::Status::OK;
}

grpc::Status FakeRecords::LabelHost(grpc::ServerContext*, const v1::LabelHostRequest* request,
                                    v1::Host* host) {
  MIG_FAKE_BEGIN();
  v1::Host* const known = Find(request->host());
  if (known == nullptr) return NotFound(request->host());
  for (const v1::Tag& label : request->set()) *known->add_labels() = label;
  for (const std::string& name : request->remove()) {
    for (int i = known->labels_size() - 1; i >= 0; --i) {
      if (known->labels(i).name() == name) known->mutable_labels()->DeleteSubrange(i, 1);
    }
  }
  *host = *known;
  return grpc::Status::OK;
}

grpc::Status FakeRecords::DisableHost(grpc::ServerContext*, const v1::DisableHostRequest* request,
                                      v1::Host* host) {
  MIG_FAKE_BEGIN();
  v1::Host* const known = Find(request->host());
  if (known == nullptr) return NotFound(request->host());
  const bool is_out = request->change() == v1::DisableHostRequest::DISABLE;
  known->set_state(is_out ? v1::Host::DISABLED : v1::Host::HEALTHY);
  *host = *known;
  return grpc::Status::OK;
}

grpc::Status FakeRecords::InviteOperator(grpc::ServerContext*,
                                         const v1::InviteOperatorRequest* request,
                                         v1::InviteOperatorAnswer* answer) {
  MIG_FAKE_BEGIN();
  v1::Operator& invited = state_.operators.emplace_back();
  invited.set_name(request->name());
  *invited.mutable_roles() = request->roles();
  answer->set_token_text("mo_secret");
  answer->set_expires_ms(absl::ToUnixMillis(TimeNow() + absl::Hours(24 * 7)));
  return grpc::Status::OK;
}

grpc::Status FakeRecords::ListOperators(grpc::ServerContext*, const v1::ListOperatorsRequest*,
                                        v1::ListOperatorsAnswer* answer) {
  MIG_FAKE_BEGIN();
  for (const v1::Operator& each : state_.operators) *answer->add_operators() = each;
  return grpc::Status::OK;
}

grpc::Status FakeRecords::RevokeOperator(grpc::ServerContext*,
                                         const v1::RevokeOperatorRequest* request,
                                         v1::Operator* revoked) {
  MIG_FAKE_BEGIN();
  for (v1::Operator& each : state_.operators) {
    if (each.name() != request->name()) continue;
    each.set_revoked(true);
    *revoked = each;
    return grpc::Status::OK;
  }
  return NotFound(request->name());
}

grpc::Status FakeRecords::ListAudit(grpc::ServerContext*, const v1::ListAuditRequest* request,
                                    v1::ListAuditAnswer* answer) {
  MIG_FAKE_BEGIN();
  size_t from = 0;
  if (!request->page().token().empty()) from = std::stoul(request->page().token());
  const size_t to = std::min<size_t>(state_.audit.size(), from + request->page().size());
  for (size_t i = from; i < to; ++i) {
    const bool is_it = state_.audit[i].action().find(request->containing()) != std::string::npos;
    if (is_it) *answer->add_entries() = state_.audit[i];
  }
  if (to < state_.audit.size()) answer->set_next_token(absl::StrCat(to));
  return grpc::Status::OK;
}

grpc::Status FakeRecords::VerifyAudit(grpc::ServerContext*, const v1::VerifyAuditRequest*,
                                      v1::VerifyAuditAnswer* answer) {
  MIG_FAKE_BEGIN();
  answer->set_entries(state_.audit.size());
  answer->set_head_hash("\xab\xcd");
  answer->set_first_bad_entry(state_.first_bad_entry);
  return grpc::Status::OK;
}

grpc::Status FakeRecords::ConfirmStore(grpc::ServerContext*, const v1::ConfirmStoreRequest* request,
                                       v1::ConfirmStoreAnswer* answer) {
  MIG_FAKE_BEGIN();
  answer->set_generation(8);
  answer->add_review(request->why().reason());
  return grpc::Status::OK;
}

}  // namespace mig::ctl::testing
