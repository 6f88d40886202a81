// An outside library has few doors.

#ifndef MIG_TESTS_TIDY_DOORS_H_
#define MIG_TESTS_TIDY_DOORS_H_

#include "tests/tidy/source.h"

namespace mig::tests {

// Headers of BoringSSL, gRPC and SQLite are included at their doors only.
Findings CheckDoors(const Source& source);

// Who includes <openssl/...> makes sure that it is BoringSSL's: /usr/include has another one.
Findings CheckBoringSslGuard(const Source& source);

// No header names a type or function of BoringSSL, so nobody needs its headers to use ours.
Findings CheckHeadersHideBoringSsl(const Source& source);

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_DOORS_H_
