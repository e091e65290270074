// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/console_log.hpp"

#include <fcntl.h>

#include "core/monitor/monitor.hpp"

namespace lxcx::core {

Result<ConsoleLogFile> open_console_log(Kernel& kernel, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  ConsoleLogFile log;
  log.name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (log.name.empty()) return fail(Code::usage, "console log '" + path + "' is a directory", "give the path of a file in lxc.console.logfile");
  constexpr std::string_view hint = "lxc.console.logfile (--console-log) names a file in a directory that exists";
  LXCX_TRY(parent, hinting(doing(kernel.openat(AT_FDCWD, directory.c_str(), O_PATH | O_DIRECTORY),
                                 "lxc.console.logfile: open the directory of '" + path + "'"),
                           hint));
  // O_NONBLOCK: a FIFO must not hold the start up; it is refused below.
  constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
  LXCX_TRY(file, doing(kernel.openat(parent.get(), log.name.c_str(), flags, 0600), "lxc.console.logfile: open '" + path + "'"));
  LXCX_TRY(status, kernel.fstat(file.get()));
  if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
    return fail(Code::usage, "console log '" + path + "' is not a regular file", "give the path of a file in lxc.console.logfile");
  }
  log.directory = std::move(parent);
  log.file = std::move(file);
  return log;
}

Result<void> check_console_log(Kernel& kernel, const std::string& path) {
  LXCX_CHECK(open_console_log(kernel, path));
  return {};
}

}  // namespace lxcx::core
