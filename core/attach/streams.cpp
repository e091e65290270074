// SPDX-License-Identifier: Apache-2.0
#include "core/attach/streams.hpp"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "core/kernel/safe_paths.hpp"

namespace lxcx::core {
namespace {

bool is_terminal(Kernel& kernel, int fd) {
  termios settings = {};
  return kernel.ioctl(fd, TCGETS, &settings).has_value();
}

/// A pty of the devpts that `ptmx` lies on.
Result<void> open_pty(Kernel& kernel, UniqueFd master, Streams& streams) {
  int unlocked = 0;
  LXCX_CHECK(kernel.ioctl(master.get(), TIOCSPTLCK, &unlocked));
  // TIOCGPTPEER opens the slave of this very master, not whatever lies at /dev/pts/N (CVE-2025-52565).
  void* flags = reinterpret_cast<void*>(static_cast<std::uintptr_t>(O_RDWR | O_NOCTTY | O_CLOEXEC));
  LXCX_TRY(slave, kernel.ioctl(master.get(), TIOCGPTPEER, flags));
  streams.slave = UniqueFd(slave);
  streams.master = std::move(master);
  return {};
}

/// The container's own /dev/pts/ptmx, checked on an O_PATH fd before it is opened: opening a device that is not what it seems has effects.
Result<UniqueFd> open_container_ptmx(Kernel& kernel, const ContainerFacts& facts) {
  LXCX_TRY(found, open_beneath(kernel, facts.root.get(), "dev/pts/ptmx", O_PATH, Links::refuse));
  LXCX_TRY(file_system, kernel.fstatfs(found.get()));
  LXCX_TRY(file, kernel.fstat(found.get()));
  const bool is_ptmx = file_system.f_type == DEVPTS_SUPER_MAGIC && S_ISCHR(file.st_mode) && file.st_rdev == makedev(5, 2);
  if (!is_ptmx) return fail(Code::denied, "the container's /dev/pts/ptmx is none");
  return kernel.openat(facts.proc.get(), ("self/fd/" + std::to_string(found.get())).c_str(), O_RDWR | O_NOCTTY);
}

Result<void> allocate_pty(Kernel& kernel, Log& log, const ContainerFacts& facts, uid_t owner, Streams& streams) {
  Result<void> done = fail(Code::unsupported, "the container's mount namespace is not entered");
  if (facts.enters(Namespace::mnt)) {
    auto ptmx = open_container_ptmx(kernel, facts);
    done = ptmx ? open_pty(kernel, std::move(*ptmx), streams) : Result<void>(std::unexpected(std::move(ptmx).error()));
  }
  if (!done) {
    log.debug("the terminal is one of the host's: " + done.error().message);
    LXCX_TRY(host_ptmx, kernel.openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY));
    LXCX_CHECK(open_pty(kernel, std::move(host_ptmx), streams));
  }
  auto given = kernel.fchown(streams.slave.get(), owner, static_cast<gid_t>(-1));
  if (!given) log.debug("the terminal stays its maker's: " + given.error().message);
  LXCX_TRY(flags, kernel.fcntl(streams.master.get(), F_GETFL, 0));
  // A master that blocks in write while the command blocks in write too would be the end of both.
  LXCX_CHECK(kernel.fcntl(streams.master.get(), F_SETFL, flags | O_NONBLOCK));
  return {};
}

Result<void> make_pipe(Kernel& kernel, std::size_t stream, Streams& streams) {
  LXCX_TRY(ends, kernel.pipe2(0));
  const bool is_input = stream == 0;
  streams.pipe_inside[stream] = std::move(is_input ? ends.first : ends.second);
  streams.pipe_outside[stream] = std::move(is_input ? ends.second : ends.first);
  streams.inside[stream] = streams.pipe_inside[stream].get();
  return {};
}

}  // namespace

std::vector<Channel> Streams::channels() {
  std::vector<Channel> made;
  if (master) {
    if (inside[0] == terminal) {
      Channel input;
      input.from = 0;
      input.to = master.get();
      input.ends_with_eof = true;
      made.push_back(std::move(input));
    }
    Channel output;
    output.from = master.get();
    // When neither stdout nor stderr is the terminal, what it echoes belongs on the terminal that was typed on.
    output.to = inside[1] == terminal ? 1 : inside[2] == terminal ? 2 : 0;
    output.copy_to = log.get();
    output.is_output = true;
    made.push_back(std::move(output));
  }
  for (std::size_t stream = 0; stream < 3; ++stream) {
    if (!pipe_outside[stream]) continue;
    Channel channel;
    channel.from = stream == 0 ? 0 : pipe_outside[stream].get();
    channel.to = stream == 0 ? pipe_outside[stream].get() : static_cast<int>(stream);
    channel.close_at_end = &pipe_outside[stream];
    channel.is_output = stream != 0;
    made.push_back(std::move(channel));
  }
  return made;
}

void Streams::close_inside() {
  slave.reset();
  for (UniqueFd& end : pipe_inside) end.reset();
}

Result<std::vector<UniqueFd>> occupy_standard_streams(Kernel& kernel) {
  std::vector<UniqueFd> placeholders;
  for (int fd = 0; fd < 3; ++fd) {
    if (kernel.fcntl(fd, F_GETFD, 0)) continue;
    // The lowest free number is taken: this one.
    LXCX_TRY(null, kernel.openat(AT_FDCWD, "/dev/null", O_RDWR));
    LXCX_CHECK(kernel.dup2(null.get(), fd));  // for the command: without close-on-exec
    placeholders.push_back(std::move(null));
  }
  return placeholders;
}

Result<void> refuse_directory_streams(Kernel& kernel) {
  for (int fd = 0; fd < 3; ++fd) {
    const auto found = kernel.fstat(fd);
    if (found && S_ISDIR(found->st_mode))
      return fail(Code::usage, "standard stream " + std::to_string(fd) + " is a directory", "redirect it to something else");
  }
  return {};
}

Result<Streams> prepare_streams(Kernel& kernel, Log& log, const ContainerFacts& facts, const EnterOptions& options, uid_t owner) {
  LXCX_CHECK(refuse_directory_streams(kernel));
  Streams streams;
  std::array<bool, 3> terminals{};
  for (std::size_t stream = 0; stream < 3; ++stream) {
    const int fd = static_cast<int>(stream);
    terminals[stream] = is_terminal(kernel, fd);
  }
  const bool has_terminal = std::find(terminals.begin(), terminals.end(), true) != terminals.end();
  if (has_terminal) streams.size_from = terminals[0] ? 0 : terminals[1] ? 1 : 2;

  if (options.tty == EnterOptions::Tty::never) {
    for (std::size_t stream = 0; stream < 3; ++stream)
      if (terminals[stream]) LXCX_CHECK(make_pipe(kernel, stream, streams));
    return streams;
  }
  const bool always = options.tty == EnterOptions::Tty::always;
  if (!has_terminal && !always) return streams;
  LXCX_CHECK(doing(allocate_pty(kernel, log, facts, owner, streams), "allocate a terminal"));
  streams.terminal = streams.slave.get();
  for (std::size_t stream = 0; stream < 3; ++stream)
    if (terminals[stream] || always) streams.inside[stream] = streams.terminal;
  streams.is_raw = terminals[0];
  if (!options.pty_log.empty()) {
    LXCX_TRY(opened, kernel.openat(AT_FDCWD, options.pty_log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
    streams.log = std::move(opened);
  }
  copy_window_size(kernel, streams.size_from, streams.master.get());
  return streams;
}

}  // namespace lxcx::core
