// SPDX-License-Identifier: Apache-2.0
#include "core/copy/new_identity.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/start/calls.hpp"
#include "core/start/context.hpp"

namespace lxcx::core {
namespace {

constexpr const char* hostname_file = "/etc/hostname";

/// A file of the container's own, whatever it has made of it: no link leads out, and what is no regular file is left alone.
Result<void> write_hostname(Kernel& kernel, const std::string& rootfs, const std::string& name) {
  LXCX_TRY(root, kernel.openat(AT_FDCWD, rootfs.c_str(), O_PATH | O_DIRECTORY));
  const Result<UniqueFd> found = open_beneath(kernel, root.get(), hostname_file, O_PATH);
  if (!found) return found.error().sys_errno == ENOENT ? Result<void>{} : Result<void>(std::unexpected(found.error()));
  LXCX_TRY(status, kernel.fstat(found->get()));
  if (!S_ISREG(status.st_mode)) return fail(Code::unsupported, "it is no regular file");
  LXCX_TRY(file, kernel.openat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(found->get())).c_str(), O_WRONLY | O_TRUNC));
  return write_all(kernel, file.get(), name + "\n");
}

}  // namespace

Result<void> give_identity(Host& host, const ContainerPaths& to, const ContainerConfig& config, const std::string& old_name,
                           const CopyRequest& request) {
  StartContext context(host, to, config);
  context.config.nics.clear();  // no device is made here
  LXCX_TRY(plugins, load_plugins(host, context.config));
  context.plugins = std::move(plugins);
  if (context.plugins.storage == nullptr) return {};
  const VolumePlace place{to,
                          context.config,
                          context.plugins.storage_name,
                          context.plugins.storage,
                          storage_call(context, nullptr).settings,
                          context.plugins.storage_source,
                          context.rootfs_mount_point()};
  VolumeWork work;
  work.cancelled = request.cancelled;
  work.run = [&](const std::string& rootfs, int, Log& log) -> Result<void> {
    context.forked_log = &log;
    LXCX_CHECK(run_event(context, LXCX_EVENT_CLONE, {request.hook_args, nullptr, {{"LXC_SRC_NAME", old_name}}}));
    if (request.keep_name) return {};
    if (const Result<void> written = write_hostname(host.kernel, rootfs, to.name); !written)
      log.warn(std::string(hostname_file) + " of '" + to.name + "' keeps the old name: " + written.error().message);
    return {};
  };
  return work_in_volume(host, place, work);
}

}  // namespace lxcx::core
