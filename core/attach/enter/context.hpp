// SPDX-License-Identifier: Apache-2.0
// lxcx-enter's own parts. A static program without libstdc++, exceptions or anything that could load code, locale or name services.
#pragma once
#include <cstddef>

#include "core/attach/enter/plan.hpp"

namespace lxcx::enter {

struct Context {
  const Plan* plan = nullptr;
  const unsigned char* bytes = nullptr;  ///< the plan's block
  char** arguments = nullptr;            ///< null: the login shell
  char** environment = nullptr;
  char* login_shell[2] = {};
  const char* detail = "";  ///< of what is being done, for the failure frame

  template <class T>
  const T* at(const Span& span) const {
    return reinterpret_cast<const T*>(bytes + span.offset);
  }
  bool has(Option option) const { return (plan->options & option) != 0; }
};

/// One thing to do: 0, or an errno.
struct Action {
  Step step;
  int (*act)(Context&);
};

/// Maps and checks the plan. 0, or an errno.
int read_plan(int fd, Context& context);

/// Reports and ends the process: 126 or 127 when the command could not be executed, else 1.
[[noreturn]] void fail(const Context& context, Step step, int error);

// Outside the pid namespace: nothing of the container sees this process.
int close_descriptors(Context& context);
int reset_signals(Context& context);
int join_cgroups(Context& context);
int share_core(Context& context);
int set_limits(Context& context);
int write_proc_files(Context& context);
int enter_namespaces(Context& context);
int enter_root(Context& context);
int become_root(Context& context);
int drop_groups(Context& context);
int make_keyring(Context& context);
int set_personality(Context& context);
int drop_capabilities(Context& context);
int set_label(Context& context);
int connect_streams(Context& context);

// Inside: visible, with nothing left to take but the standard streams.
int make_session(Context& context);
int mount_proc_and_sys(Context& context);
int change_directory(Context& context);
int restrict_files(Context& context);
int set_no_new_privileges(Context& context);
int load_seccomp(Context& context);
int set_ids(Context& context);
int execute(Context& context);

/// The shell that /etc/passwd gives to uid, in `buffer`; /bin/sh when it gives none.
const char* login_shell_of(std::uint32_t uid, char* buffer, std::size_t size);

}  // namespace lxcx::enter
