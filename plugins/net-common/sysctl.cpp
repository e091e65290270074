// SPDX-License-Identifier: Apache-2.0
#include "net-common/sysctl.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <charconv>

#include "lxcx/fd.hpp"

namespace lxcx::net {
namespace {

/// Opens a file below /proc without following links. What is opened must itself be procfs's: /proc/sys may be a mount of its own, as in a
/// nested container, but nothing else may lie over it.
Result<Fd> open_below_proc(const std::string& path, int flags) {
  const Fd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!proc) return fail_errno(errno, "open '/proc'");
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  Fd file(static_cast<int>(::syscall(SYS_openat2, proc.get(), path.c_str(), &how, sizeof how)));
  struct statfs kind{};
  if (!file || ::fstatfs(file.get(), &kind) != 0) return fail_errno(errno, "openat2 '/proc/" + path + "'");
  if (kind.f_type != PROC_SUPER_MAGIC) return fail(Code::unsupported, "'/proc/" + path + "' is not on procfs", "unmount what lies over it");
  return file;
}

std::string path_of(Family family, std::string_view device, std::string_view key) {
  return std::string("sys/net/") + (family == Family::ipv4 ? "ipv4" : "ipv6") + "/conf/" + std::string(device) + "/" + std::string(key);
}

}  // namespace

Result<int> read_device_sysctl(Family family, std::string_view device, std::string_view key) {
  const std::string path = path_of(family, device, key);
  LXCX_TRY(file, open_below_proc(path, O_RDONLY));
  char text[16] = {};
  const ssize_t length = ::read(file.get(), text, sizeof text);
  if (length < 0) return fail_errno(errno, "read '/proc/" + path + "'");
  int value = 0;
  if (std::from_chars(text, text + length, value).ec != std::errc{}) return fail(Code::kernel, "'/proc/" + path + "' holds no number");
  return value;
}

Result<void> write_device_sysctl(Family family, std::string_view device, std::string_view key, int value) {
  const std::string path = path_of(family, device, key);
  LXCX_TRY(file, open_below_proc(path, O_WRONLY));
  const std::string text = std::to_string(value);
  if (::write(file.get(), text.data(), text.size()) < 0) return fail_errno(errno, "write '/proc/" + path + "'");
  return {};
}

}  // namespace lxcx::net
