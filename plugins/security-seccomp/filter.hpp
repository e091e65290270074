// SPDX-License-Identifier: Apache-2.0
// A policy as the program that seccomp(2) takes, by libseccomp.
#pragma once
#include <string>
#include <vector>

#include "policy.hpp"

namespace lxcx::seccomp {

struct Filter {
  std::string program;             ///< struct sock_filter[]
  bool notifies = false;           ///< some call is answered by a listener (SECCOMP_FILTER_FLAG_NEW_LISTENER)
  std::vector<std::string> notes;  ///< what the administrator may want to know: unknown system calls, rules that replace others
};

/// For the machine's own architecture and, in version 2, each that its kernel runs besides (i386 and x32 on amd64).
/// Errors: config, with the rule's place, also for a policy that would notify of the call by which lxcx hands the listener over; unsupported when the
/// kernel cannot take a program this long.
Result<Filter> build_filter(const Policy& policy);

}  // namespace lxcx::seccomp
