"""The few rules of rules_cc that others load by name, as the native ones of Bazel 4.

Debian's own rules_cc is written for a newer Bazel than Debian's.
"""

cc_library = native.cc_library
cc_binary = native.cc_binary
cc_test = native.cc_test
cc_proto_library = native.cc_proto_library
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
