// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <cerrno>

#include "core/config/names.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

/// prlimit(2): which rule it was.
std::string_view hint_for_limit(const std::string& name, int sys_errno) {
  if (sys_errno == EINVAL) return "the soft limit must not be above the hard one";
  if (sys_errno != EPERM) return {};
  if (name == "nofile") return "it must not be above the host's fs.nr_open; and only root may raise a hard limit: `ulimit -Hn` shows it";
  return "only root may raise a hard limit: lower it to what `ulimit -H` shows";
}

}  // namespace

// prlimit(2) and the host's own procfs: init has not run a line of the image yet.
Result<void> apply_process_limits(StartContext& context) {
  for (const ContainerConfig::Rlimit& limit : context.config.rlimits) {
    const std::optional<int> resource = rlimit_number(limit.name);
    Result<void> done =
        resource ? context.kernel.prlimit(context.init, *resource, rlimit{limit.soft, limit.hard})
                 : fail(Code::config, "'" + limit.name + "' is no resource limit", "see prlimit(2); the names are in docs/configuration.md");
    if (!done) {
      done.error().where = limit.where;
      const std::string_view hint = hint_for_limit(limit.name, done.error().sys_errno);
      return doing(hinting(std::move(done), hint), "lxc.prlimit." + limit.name);
    }
  }
  if (context.config.proc_writes.empty()) return {};
  LXCX_TRY(proc, context.kernel.openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY));
  for (const Setting& setting : context.config.proc_writes) {
    const std::string path = std::to_string(context.init) + "/" + setting.key;
    Result<void> done = write_proc(context.kernel, proc.get(), path.c_str(), setting.value);
    if (!done) {
      done.error().where = setting.where;
      return doing(std::move(done), "lxc.proc." + setting.key);
    }
  }
  return {};
}

}  // namespace lxcx::core
