# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(seccomp SOURCES seccomp_fuzz.cpp ${PROJECT_SOURCE_DIR}/plugins/security-seccomp/policy.cpp
  ${PROJECT_SOURCE_DIR}/plugins/security-seccomp/scanner.cpp LIBRARIES lxcx::sdk)
