// Each rule is shown red: what it is for is planted in a file that is otherwise clean.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/tidy/arrows.h"
#include "tests/tidy/doors.h"
#include "tests/tidy/layout.h"
#include "tests/tidy/planted.h"
#include "tests/tidy/scripts.h"
#include "tests/tidy/source.h"

namespace mig::tests {
namespace {

Findings Arrows(absl::string_view path, absl::string_view text) {
  return CheckArrows(MakeSource(path, text));
}
Findings Doors(absl::string_view path, absl::string_view text) {
  return CheckDoors(MakeSource(path, text));
}

TEST(ArrowsTest, IncludesGoToTheLeft) {
  EXPECT_THAT(
      Arrows("trust/a.cc", "#include \"base/clock.h\"\n#include \"proto/mig/v1/root.pb.h\"\n"),
      FindsNothing());
  EXPECT_THAT(Arrows("trust/a.cc", "\n#include \"rollout/filter.h\"\n"),
              Finds(2, "trust/ includes rollout/filter.h"));
  EXPECT_THAT(Arrows("base/a.h", "#include <trust/root.h>\n"), Finds(1, "base/ includes trust"));
  EXPECT_THAT(Arrows("sim/a.cc", "#  include \"ctl/run.h\"\n"), Finds(1, "sim/ includes ctl"));
  EXPECT_THAT(Arrows("tests/e2e/a.cc", "#include \"ctl/run.h\"\n"), FindsNothing());
  EXPECT_THAT(Arrows("ctl/a.cc", "#include \"tests/agent/release.h\"\n"),
              Finds(1, "ctl/ includes"));
}

TEST(ArrowsTest, SiblingsDoNotMeet) {
  EXPECT_THAT(Arrows("loader/run.cc", "#include \"coordinator/store/store.h\"\n"),
              Finds(1, "loader/ includes coordinator/"));
  EXPECT_THAT(Arrows("coordinator/a_test.cc", "#include \"loader/run.h\"\n"),
              Finds(1, "coordinator/ includes loader/"));
  EXPECT_THAT(Arrows("base/a.h", "#include \"proto/mig/v1/root.pb.h\"\n"), Finds(1, "base/"));
  EXPECT_THAT(Arrows("bench/a.cc", "#include \"ctl/run.h\"\n"), Finds(1, "bench/"));
}

TEST(ArrowsTest, ARoomIncludesItselfByPathsFromTheRoot) {
  EXPECT_THAT(Arrows("loader/scan/a.cc", "#include \"loader/config/config.h\"\n"), FindsNothing());
  EXPECT_THAT(Arrows("loader/scan/a.cc", "#include \"scan.h\"\n"),
              Finds(1, "no path from the root"));
  EXPECT_THAT(Arrows("loader/scan/a.cc", "#include \"../config/config.h\"\n"),
              Finds(1, "no path from the root"));
}

TEST(ArrowsTest, WhatCannotBeReadIsFound) {
  EXPECT_THAT(Arrows("base/a.cc", "#define X \"ctl/run.h\"\n#include X\n"), Finds(2, "path from"));
  EXPECT_THAT(Arrows("base/a.cc", "#include_next <ctl/run.h>\n"), Finds(1, "path from"));
}

TEST(ArrowsTest, WhatIsNotIncludedDoesNotCount) {
  EXPECT_THAT(Arrows("base/a.cc", "// #include \"ctl/run.h\"\n/*\n#include \"ctl/run.h\"\n*/\n"),
              FindsNothing());
  EXPECT_THAT(Arrows("base/a.cc", "auto s = R\"(\n#include \"ctl/run.h\"\n)\";\n"), FindsNothing());
}

TEST(ArrowsTest, CodeOutsideTheRoomsIsFound) {
  EXPECT_THAT(Arrows("extra/a.cc", ""), Finds(1, "outside the rooms"));
  EXPECT_THAT(Arrows("a.cc", ""), Finds(1, "outside the rooms"));
  EXPECT_THAT(Arrows("tools/setup", "#include \"ctl/run.h\"\n"), FindsNothing()) << "no C++";
}

TEST(StandInsTest, WhatShipsHasNone) {
  const auto check = [](absl::string_view path, absl::string_view header) {
    return CheckStandIns(MakeSource(path, absl::StrCat("#include \"", header, "\"\n")));
  };
  EXPECT_THAT(check("loader/run.cc", "base/testing/manual_clock.h"), Finds(1, "manual_clock.h"));
  EXPECT_THAT(check("loader/run.cc", "base/memory_file_system.h"),
              Finds(1, "memory_file_system.h"));
  EXPECT_THAT(check("loader/run.cc", "loader/services/testing/scripted.h"), Finds(1, "scripted.h"));
  EXPECT_THAT(check("loader/run.cc", "base/file_system.h"), FindsNothing());
  EXPECT_THAT(check("loader/run_test.cc", "base/memory_file_system.h"), FindsNothing());
  EXPECT_THAT(check("loader/testing/host.h", "base/memory_file_system.h"), FindsNothing());
  EXPECT_THAT(check("sim/world.cc", "base/memory_file_system.h"), FindsNothing());
}

TEST(DoorsTest, BoringSslIsForImplementationsOfTwoRooms) {
  EXPECT_THAT(Doors("trust/key.cc", "#include <openssl/evp.h>\n"), FindsNothing());
  EXPECT_THAT(Doors("trust/key.h", "#include <openssl/evp.h>\n"), Finds(1, "openssl/evp.h"));
  EXPECT_THAT(Doors("loader/run.cc", "#include <openssl/sha.h>\n"), Finds(1, "openssl/sha.h"));
  EXPECT_THAT(Doors("loader/run.cc", "#include \"openssl/sha.h\"\n"), Finds(1, "openssl/sha.h"));
}

TEST(DoorsTest, GrpcIsForTransports) {
  EXPECT_THAT(Doors("loader/transport/a.h", "#include <grpcpp/grpcpp.h>\n"), FindsNothing());
  EXPECT_THAT(Doors("loader/run.cc", "#include <grpcpp/grpcpp.h>\n"), Finds(1, "transport"));
  EXPECT_THAT(Doors("ctl/a.cc", "#include \"proto/mig/v1/admin_service.grpc.pb.h\"\n"),
              Finds(1, "grpc.pb.h"));
  EXPECT_THAT(Doors("ctl/a.cc", "#include \"proto/mig/v1/admin_service.pb.h\"\n"), FindsNothing());
}

TEST(DoorsTest, SqlIsForTheStore) {
  EXPECT_THAT(Doors("coordinator/store/a.cc", "#include <sqlite3.h>\n"), FindsNothing());
  EXPECT_THAT(Doors("coordinator/main.cc", "#include <sqlite3.h>\n"),
              Finds(1, "coordinator::Store"));
}

TEST(DoorsTest, OtherHeadersOfOpenSslAreNotTakenForBoringSsls) {
  const std::string include = "#include <openssl/evp.h>\n";
  const std::string guard = "#ifndef OPENSSL_IS_BORINGSSL\n#error\n#endif\n";
  EXPECT_THAT(CheckBoringSslGuard(MakeSource("base/a.cc", include)), Finds(1, "#error"));
  EXPECT_THAT(CheckBoringSslGuard(MakeSource("base/a.cc", include + guard)), FindsNothing());
}

TEST(DoorsTest, HeadersDoNotNameBoringSsl) {
  const auto check = [](absl::string_view text) {
    return CheckHeadersHideBoringSsl(MakeSource("trust/key.h", text));
  };
  EXPECT_THAT(check("\nbssl::UniquePtr<EVP> key_;\n"), Finds(2, "bssl::"));
  EXPECT_THAT(check("struct evp_pkey_st;\n"), Finds(1, "evp_pkey_st"));
  EXPECT_THAT(check("EVP_PKEY* key();\n"), Finds(1, "EVP_"));
  EXPECT_THAT(check("X509* certificate_;\n"), Finds(1, "X509"));
  EXPECT_THAT(check("// Wraps an EVP_PKEY of BoringSSL.\nclass X509Name;"), Finds(2, "X509"));
  EXPECT_THAT(check("// An EVP_PKEY.\nclass Key {};\n"), FindsNothing());
}

TEST(LengthTest, FiveHundredLinesAreTheMost) {
  const std::string lines(500, '\n');
  EXPECT_THAT(CheckLength(MakeSource("base/a_test.cc", lines)), FindsNothing());
  EXPECT_THAT(CheckLength(MakeSource("base/a_test.cc", lines + "\n")), Finds(501, "501 lines"));
  EXPECT_THAT(CheckLength(MakeSource("proto/a.proto", lines + "\n")), Finds(501, "501 lines"));
  EXPECT_THAT(CheckLength(MakeSource("docs/a.md", lines + "\n")), FindsNothing());
}

TEST(GuardTest, IsTheFilesPath) {
  const auto check = [](absl::string_view guard) {
    return CheckGuard(
        MakeSource("loader/scan/digest_cache.h",
                   absl::StrCat("// C.\n#ifndef ", guard, "\n#define ", guard, "\n")));
  };
  EXPECT_THAT(check("MIG_LOADER_SCAN_DIGEST_CACHE_H_"), FindsNothing());
  EXPECT_THAT(check("DIGEST_CACHE_H"), Finds(2, "MIG_LOADER_SCAN_DIGEST_CACHE_H_"));
  EXPECT_THAT(CheckGuard(MakeSource("base/a.h", "#pragma once\n")), Finds(1, "MIG_BASE_A_H_"));
}

TEST(NamesTest, AFolderSaysWhatItIs) {
  EXPECT_THAT(CheckNames(MakeSource("base/util/a.h", "")), Finds(1, "util/"));
  EXPECT_THAT(CheckNames(MakeSource("common/BUILD.bazel", "")), Finds(1, "common/"));
  EXPECT_THAT(CheckNames(MakeSource("base/utility.h", "")), FindsNothing());
}

TEST(NamesTest, NoRuleIsEscapedByAnotherEnding) {
  EXPECT_THAT(CheckNames(MakeSource("base/a.cpp", "")), Finds(1, ".cc"));
  EXPECT_THAT(CheckNames(MakeSource("base/a.hpp", "")), Finds(1, ".cc"));
  EXPECT_THAT(Arrows("base/a.cpp", "#include \"ctl/run.h\"\n"), Finds(1, "base/ includes ctl"));
}

TEST(MachinePathsTest, NothingNamesTheMachineItWasWrittenOn) {
  const auto check = [](absl::string_view text) {
    return CheckMachinePaths(MakeSource("docs/a.md", text));
  };
  EXPECT_THAT(check(absl::StrCat("x\ncd /", "work/main\n")), Finds(2, "work/"));
  EXPECT_THAT(check(absl::StrCat("`/", "tmp/mig/x`\n")), Finds(1, "tmp/mig/"));
  EXPECT_THAT(check("see ../work/x and net/work/y and /tmp/mig-demo\n"), FindsNothing());
}

TEST(LinkStaticTest, EachLibrarySaysSo) {
  const auto check = [](absl::string_view text) {
    return CheckLinkStatic(MakeSource("base/BUILD.bazel", text));
  };
  const std::string good = "cc_library(\n    deps = glob([\"a\"]),\n    linkstatic = True,\n)\n";
  EXPECT_THAT(check(good), FindsNothing());
  EXPECT_THAT(check(absl::StrCat(good, "cc_library(\n    name = \"x\",\n)\n", good)),
              Finds(5, "linkstatic"));
  EXPECT_THAT(check("cc_test(\n    name = \"x\",\n)\n"), FindsNothing());
}

TEST(ScriptsTest, StopAtTheFirstErrorAndHaveHelp) {
  const auto check = [](absl::string_view path, absl::string_view text) {
    return CheckScripts(MakeSource(path, text));
  };
  const std::string good = "#!/usr/bin/env bash\nset -euo pipefail\n";
  EXPECT_THAT(check(".ci/run", good), FindsNothing());
  EXPECT_THAT(check("tools/demo", good), Finds(1, "--help"));
  EXPECT_THAT(check("tools/demo", good + "# --help\n"), FindsNothing());
  EXPECT_THAT(check(".ci/run", "#!/usr/bin/env bash\n"), Finds(1, "pipefail"));
  EXPECT_THAT(check(".ci/run", "#!/bin/sh\n# x\nset -euo pipefail\n"), Finds(1, "env bash"));
  EXPECT_THAT(check("tools/x.py", "#!/usr/bin/env python3\n"), FindsNothing());
}

}  // namespace
}  // namespace mig::tests
