// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

/// Opens the namespaces of init that differ from ours, so that stop hooks can still enter them when init is gone.
Result<void> hold_namespaces(StartContext& context) {
  for (std::size_t i = 0; i < namespace_names.size(); ++i) {
    const std::string path = std::to_string(context.init) + "/ns/" + std::string(namespace_names[i]);
    Result<UniqueFd> fd = context.kernel.openat(AT_FDCWD, ("/proc/" + path).c_str(), O_RDONLY);
    if (!fd) continue;  // a kernel without this kind of namespace
    LXCX_TRY(theirs, context.kernel.fstat(fd->get()));
    LXCX_TRY(ours, context.kernel.fstatat(AT_FDCWD, ("/proc/self/ns/" + std::string(namespace_names[i])).c_str(), 0));
    if (theirs.st_ino != ours.st_ino) context.held_namespaces.emplace_back(static_cast<Namespace>(i), std::move(*fd));
  }
  return {};
}

}  // namespace

Result<void> run_pre_start_hooks(StartContext& context) { return run_event(context, LXCX_EVENT_PRE_START); }
Result<void> run_post_stop_hooks(StartContext& context) { return run_event(context, LXCX_EVENT_POST_STOP); }
Result<void> announce_stop_hooks(StartContext&) { return {}; }

Result<void> run_stop_hooks(StartContext& context) {
  EventDetails details;
  for (const auto& [ns, fd] : context.held_namespaces)
    details.args.push_back(std::string(namespace_names[static_cast<std::size_t>(ns)]) + ":/proc/" + std::to_string(::getpid()) + "/fd/" +
                           std::to_string(fd.get()));
  Result<void> done = run_event(context, LXCX_EVENT_STOP, details);
  context.held_namespaces.clear();
  return done;
}

Result<void> run_start_host_hooks(StartContext& context) {
  if (has_listener(context, LXCX_EVENT_STOP)) LXCX_CHECK(hold_namespaces(context));
  return run_event(context, LXCX_EVENT_START_HOST);
}

}  // namespace lxcx::core
