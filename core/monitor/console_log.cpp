// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/console_log.hpp"

#include <fcntl.h>

#include <cerrno>

#include "core/monitor/monitor.hpp"

namespace lxcx::core {

namespace {

// O_NONBLOCK: a FIFO must not hold the start up; it is refused.
constexpr int log_flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;

std::string opening(const std::string& path) { return "lxc.console.logfile: open '" + path + "'"; }

/// The directory and the name in it; no file yet.
Result<ConsoleLogFile> locate(Kernel& kernel, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  ConsoleLogFile log;
  log.name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (log.name.empty()) return fail(Code::usage, "console log '" + path + "' is a directory", "give the path of a file in lxc.console.logfile");
  constexpr std::string_view hint = "lxc.console.logfile (--console-log) names a file in a directory that exists";
  LXCX_TRY(parent, hinting(doing(kernel.openat(AT_FDCWD, directory.c_str(), O_PATH | O_DIRECTORY),
                                 "lxc.console.logfile: open the directory of '" + path + "'"),
                           hint));
  log.directory = std::move(parent);
  return log;
}

Result<void> is_fit(Kernel& kernel, int file, const std::string& path) {
  LXCX_TRY(status, kernel.fstat(file));
  if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode)) return {};
  return fail(Code::usage, "console log '" + path + "' is not a regular file", "give the path of a file in lxc.console.logfile");
}

}  // namespace

Result<ConsoleLogFile> open_console_log(Kernel& kernel, const std::string& path) {
  LXCX_TRY(log, locate(kernel, path));
  LXCX_TRY(file, doing(kernel.openat(log.directory.get(), log.name.c_str(), log_flags | O_CREAT, 0600), opening(path)));
  LXCX_CHECK(is_fit(kernel, file.get(), path));
  log.file = std::move(file);
  return log;
}

Result<void> check_console_log(Kernel& kernel, const std::string& path) {
  LXCX_TRY(log, locate(kernel, path));
  Result<UniqueFd> file = kernel.openat(log.directory.get(), log.name.c_str(), log_flags);
  if (file) return is_fit(kernel, file->get(), path);
  if (file.error().sys_errno != ENOENT) return doing(Result<void>(std::unexpected(file.error())), opening(path));
  return doing(kernel.faccessat(log.directory.get(), ".", W_OK, AT_EACCESS), "lxc.console.logfile: make '" + path + "'");
}

}  // namespace lxcx::core
