// One table says who may call what; each method of the service stands in it.

#include "coordinator/handlers/operators/method_roles.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "proto/mig/v1/admin_service.pb.h"

namespace mig::coordinator {
namespace {

std::set<std::string> MethodsOfTheService() {
  // Naming the table links the file in, which has a service and no message.
  const volatile void* const volatile linked =
      &descriptor_table_proto_2fmig_2fv1_2fadmin_5fservice_2eproto;
  EXPECT_NE(linked, nullptr);
  const google::protobuf::FileDescriptor* file =
      google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
          "proto/mig/v1/admin_service.proto");
  std::set<std::string> names;
  const google::protobuf::ServiceDescriptor* service = file->FindServiceByName("AdminService");
  for (int i = 0; i < service->method_count(); ++i) names.insert(service->method(i)->name());
  return names;
}

TEST(MethodRolesTest, EachMethodOfTheServiceHasARow) {
  std::set<std::string> rows;
  for (const MethodRoles& row : AllMethodRoles()) rows.insert(std::string(row.method));
  EXPECT_EQ(rows, MethodsOfTheService());
}

TEST(MethodRolesTest, RowsAreSortedSoThatTheyAreFound) {
  EXPECT_TRUE(std::ranges::is_sorted(AllMethodRoles(), {}, &MethodRoles::method));
}

TEST(MethodRolesTest, AViewerChangesNothing) {
  for (const MethodRoles& row : AllMethodRoles()) {
    if ((row.roles & BitOf(v1::ADMIN_ROLE_VIEWER)) == 0) continue;
    const bool looks =
        absl::StartsWith(row.method, "Get") || absl::StartsWith(row.method, "List") ||
        absl::StartsWith(row.method, "Find") || absl::StartsWith(row.method, "Watch") ||
        absl::StartsWith(row.method, "Explain") || absl::StartsWith(row.method, "Preview") ||
        absl::StartsWith(row.method, "Verify") || row.method == "WhoAmI" ||
        row.method == "Doctor" || row.method == "CreateWebLink" ||
        row.method == "RenewOperatorCertificate";
    EXPECT_TRUE(looks) << row.method;
  }
}

TEST(MethodRolesTest, NobodyMayCallWhatDoesNotExist) {
  EXPECT_FALSE(RolesFor("DropTables").has_value());
}

TEST(MethodRolesTest, WordsAreReadAsTheyAreWritten) {
  for (const v1::AdminRole role : RolesOf(~RoleBits{0})) {
    EXPECT_EQ(RoleFromWord(RoleWord(role)), role);
  }
}

TEST(MethodRolesTest, AnUnknownWordIsNoRole) { EXPECT_FALSE(RoleFromWord("root").has_value()); }

}  // namespace
}  // namespace mig::coordinator
