// SPDX-License-Identifier: Apache-2.0
#include <linux/prctl.h>

#include <cerrno>

#include "core/start/child/steps.hpp"

namespace lxcx::core {

// kernel: Documentation/admin-guide/hw-vuln/core-scheduling.rst. All that init forks inherits the cookie; attach joins it.
Result<void> take_scheduling_cookie(ChildContext& context) {
  if (!context.config.sched_core) return {};
  constexpr unsigned long this_process = 0, thread_group = 1;  // enum pid_type: PIDTYPE_TGID
  const Result<int> done = context.kernel.prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, this_process, thread_group, 0);
  if (done) return {};
  if (done.error().sys_errno == EINVAL)
    return fail(Code::unsupported, "lxc.sched.core: this kernel has no core scheduling", "it needs CONFIG_SCHED_CORE");
  if (done.error().sys_errno == ENODEV)
    return fail(Code::unsupported, "lxc.sched.core: the processors have no hyper-threads, so there are no cores to share", "take lxc.sched.core out");
  return doing(Result<void>(std::unexpected(done.error())), "lxc.sched.core");
}

}  // namespace lxcx::core
