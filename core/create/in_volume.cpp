// SPDX-License-Identifier: Apache-2.0
#include "core/create/in_volume.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "core/base/error_frame.hpp"
#include "core/kernel/files.hpp"
#include "core/plugin/host_call.hpp"
#include "core/start/frame_log.hpp"

namespace lxcx::core {

namespace {

/// Mounts the volume and returns where.
Result<std::string> mount_volume(Host& host, const VolumePlace& place, Log& log) {
  Kernel& kernel = host.kernel;
  LXCX_CHECK(kernel.unshare(CLONE_NEWNS));
  LXCX_CHECK(kernel.mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr));
  const std::string directory = place.paths.directory();
  HostCall call({&log, "storage '" + place.storage_name + "'", place.settings, nullptr, {}, nullptr});
  Call view = call.call();
  LXCX_TRY(fd, place.storage->attach(view, Volume{place.paths.name, place.source, directory, place.config.rootfs_options, place.config.idmap}));
  const UniqueFd mount(fd);
  const bool is_directory =
      place.source.starts_with('/') && kernel.openat(AT_FDCWD, place.source.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW).has_value();
  std::string where = !place.mount_point.empty() ? place.mount_point : is_directory ? place.source : host.root.default_rootfs_mount();
  LXCX_CHECK(make_directories(kernel, where, 0755));
  LXCX_TRY(point, kernel.openat(AT_FDCWD, where.c_str(), O_PATH | O_DIRECTORY));
  LXCX_CHECK(kernel.move_mount(mount.get(), "", point.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
  return where;
}

Result<void> work_here(Host& host, const VolumePlace& place, const VolumeWork& work, int out, Log& log) {
  LXCX_TRY(rootfs, doing(mount_volume(host, place, log), "mount the new volume"));
  LXCX_CHECK(work.run(rootfs, out, log));
  return send_frame(host.kernel, out, Frame::ready);
}

/// Until the process says something. A Ctrl-C reaches that one too; who ends lxcx alone has it passed on.
Result<void> await_word(Kernel& kernel, int fd, pid_t worker, const std::atomic<bool>* cancelled) {
  constexpr int look_again_ms = 100;
  bool is_told = false;
  while (cancelled != nullptr) {
    pollfd ready{fd, POLLIN, 0};
    const Result<int> count = kernel.poll({&ready, 1}, look_again_ms);
    if (!count && count.error().sys_errno != EINTR) return std::unexpected(count.error());
    if (count && *count > 0) break;
    if (*cancelled && !is_told) is_told = kernel.kill(worker, SIGTERM).has_value();
  }
  return {};
}

Result<void> hear_worker(Host& host, int fd, pid_t worker, const VolumeWork& work) {
  while (true) {
    LXCX_CHECK(await_word(host.kernel, fd, worker, work.cancelled));
    LXCX_TRY(message, doing(receive_frame(host.kernel, fd), "the process that works on the new volume"));
    switch (message.frame) {
      case Frame::error: return std::unexpected(unpack_error(message.payload));
      case Frame::log:
        if (const std::optional<LogLine> line = read_log_line(message.payload)) host.log.write(line->level, line->text);
        break;
      case Frame::step:
        if (work.on_step) work.on_step(message.payload);
        break;
      case Frame::terminals:
        if (work.on_result) work.on_result(message.payload);
        break;
      case Frame::ready: return {};
      case Frame::listener:
      case Frame::mapped:
      case Frame::map_mount:
      case Frame::go: return fail(Code::internal, "the process that works on the new volume sent a frame that only a parent sends");
    }
  }
}

}  // namespace

Result<void> work_in_volume(Host& host, const VolumePlace& place, const VolumeWork& work) {
  LXCX_TRY(ends, host.kernel.socketpair(SOCK_SEQPACKET));
  LXCX_TRY(child, host.kernel.fork());
  if (child == 0) {
    ends.first.reset();
    (void)host.kernel.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    FrameLog log(host.kernel, ends.second.get(), host.log);
    const Result<void> done = work_here(host, place, work, ends.second.get(), log);
    if (!done) (void)send_frame(host.kernel, ends.second.get(), Frame::error, pack_error(done.error()));
    ::_exit(done ? 0 : 1);
  }
  ends.second.reset();
  Result<void> heard = hear_worker(host, ends.first.get(), child, work);
  ends.first.reset();
  if (!heard) (void)host.kernel.kill(child, SIGKILL);
  LXCX_CHECK(host.kernel.wait_pid(child));
  return heard;
}

}  // namespace lxcx::core
