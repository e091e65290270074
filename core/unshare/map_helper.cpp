// SPDX-License-Identifier: Apache-2.0
#include "core/unshare/map_helper.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/base/text.hpp"

namespace lxcx::core {

Result<void> execute_from_path(Kernel& kernel, const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const std::string& program = command.front();
  std::vector<std::string> places{program};
  if (program.find('/') == std::string::npos) {
    const char* path = ::getenv("PATH");
    places = split(path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin", ':');
    for (std::string& place : places) place += "/" + program;
  }
  int error = ENOENT;
  for (const std::string& place : places) {
    const Result<void> failed = kernel.execveat(AT_FDCWD, place.c_str(), argv.data(), ::environ, 0);
    if (failed.error().sys_errno != ENOENT && failed.error().sys_errno != ENOTDIR) error = failed.error().sys_errno;
  }
  return fail_errno(error, "execute '" + program + "'");
}

Result<void> run_map_helper(Kernel& kernel, bool is_group, pid_t process, const std::string& text) {
  const std::string helper = is_group ? "newgidmap" : "newuidmap";
  std::vector<std::string> command{helper, std::to_string(process)};
  for (const std::string& line : split(text, '\n'))
    for (std::string& number : split(line, ' ')) command.push_back(std::move(number));
  LXCX_TRY(child, kernel.fork());
  if (child == 0) {
    (void)execute_from_path(kernel, command);
    ::_exit(127);
  }
  LXCX_TRY(status, kernel.wait_pid(child));
  if (status.as_shell() == 127) return fail(Code::not_found, helper + " is not installed", "apt-get install uidmap; or run it as root");
  if (status.as_shell() != 0) return fail(Code::denied, helper + " refused the map", "/etc/subuid and /etc/subgid say what is allowed");
  return {};
}

}  // namespace lxcx::core
