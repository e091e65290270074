// SPDX-License-Identifier: Apache-2.0
// Templates written for LXC: any executable that takes --path, --name and --rootfs.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "lxcx/plugin.hpp"
#include "storage-common/os_error.hpp"
#include "storage-common/user_namespace.hpp"
#include "template-common/process.hpp"

namespace {
using namespace lxcx;
using namespace lxcx::templates;

constexpr std::string_view script_directory = "/usr/share/lxc/templates";

std::string installed_scripts() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(std::string(script_directory).c_str()), ::closedir);
  std::vector<std::string> names;
  while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr)
    if (const std::string_view name = entry->d_name; name.starts_with("lxc-")) names.emplace_back(name.substr(4));
  std::ranges::sort(names);
  std::string text;
  for (const std::string& name : names) text += " " + name;
  return text.empty() ? "no LXC templates are installed in " + std::string(script_directory)
                      : "installed in " + std::string(script_directory) + ":" + text;
}

Result<std::string> find_script(const Call& call) {
  const std::string named(call.setting("script"));
  if (named.empty())
    return fail(Code::usage, "no template script is named",
                "-t /PATH/TO/SCRIPT, or -t NAME for " + std::string(script_directory) + "/lxc-NAME; " + installed_scripts());
  const bool is_path = named.starts_with('/');
  if (!is_path && (named.find('/') != std::string::npos || named.starts_with('.')))
    return fail(Code::usage, "'" + named + "' is neither the name of a template nor an absolute path", installed_scripts());
  std::string path = is_path ? named : std::string(script_directory) + "/lxc-" + named;
  struct stat status{};
  if (::stat(path.c_str(), &status) < 0) {
    const int error = errno;  // the hint reads a directory
    return os_error(error, "there is no template '" + path + "'", installed_scripts());
  }
  if (!S_ISREG(status.st_mode)) return fail(Code::usage, "the template '" + path + "' is not a file", installed_scripts());
  if (::access(path.c_str(), X_OK) < 0) return os_error(errno, "the template '" + path + "' is not executable", "chmod +x '" + path + "'");
  if (::geteuid() == 0 && (status.st_mode & S_IWOTH) != 0)
    return fail(Code::denied, "the template '" + path + "' can be written by anyone, and would run as root", "chmod o-w '" + path + "'");
  return path;
}

void add_convention(std::vector<std::string>& argv, const Build& build) {
  argv.push_back("--path=" + std::string(build.directory));
  argv.push_back("--name=" + std::string(build.container));
  argv.push_back("--rootfs=" + std::string(build.rootfs));
}

/// Maps the caller's own id just above all others and says where, as LXC does: the script chowns the configuration back to its owner.
std::uint32_t add_caller(std::vector<IdMap>& map, char kind, std::uint32_t caller) {
  std::uint32_t next = 0;
  for (const IdMap& line : map) {
    if (line.kind != static_cast<std::uint32_t>(kind)) continue;
    if (caller >= line.host_id && caller - line.host_id < line.range) return line.container_id + (caller - line.host_id);
    next = std::max(next, line.container_id + line.range);
  }
  map.push_back({static_cast<std::uint32_t>(kind), next, caller, 1});
  return next;
}

class Script final : public Template {
 public:
  Result<void> build(Call& call, const Build& build) override {
    LXCX_TRY(path, find_script(call));
    Program program;
    program.argv = {path};
    add_convention(program.argv, build);
    for (const std::string_view word : build.args) program.argv.emplace_back(word);
    program.input = ::fcntl(STDIN_FILENO, F_GETFD) < 0 ? -1 : STDIN_FILENO;  // some ask questions
    program.on_line = [&](std::string_view line) { call.log(LXCX_INFO, line); };
    program.cancelled = [&] { return call.cancelled(); };
    Fd user_namespace;
    if (!build.idmap.empty()) {
      std::vector<IdMap> map(build.idmap.begin(), build.idmap.end());
      const std::uint32_t uid = add_caller(map, 'u', ::geteuid());
      const std::uint32_t gid = add_caller(map, 'g', ::getegid());
      LXCX_TRY(made, storage::make_user_namespace(map));
      user_namespace = std::move(made);
      program.user_namespace = user_namespace.get();
      for (const std::string& word : {std::string("--mapped-uid"), std::to_string(uid), std::string("--mapped-gid"), std::to_string(gid)})
        program.argv.push_back(word);
    }
    LXCX_TRY(ended, run(program));
    return check_ended(ended, path);
  }

  Result<void> options(Call& call, const Build& build) override {
    LXCX_TRY(path, find_script(call));
    Program program;
    program.argv = {path};
    // Some insist on these before they look at anything else; LXC gives a path, and no name.
    if (!build.directory.empty()) program.argv.push_back("--path=" + std::string(build.directory));
    program.argv.emplace_back("--help");
    program.on_line = [&](std::string_view line) { call.result("text", line); };
    program.cancelled = [&] { return call.cancelled(); };
    LXCX_TRY(ended, run(program));
    return {};  // many end with 1 after showing help
  }
};

}  // namespace

LXCX_PLUGIN(template, Script, "script", LXCX_PLUGIN_VERSION, "Runs an LXC template, or any program with its calling convention", "Apache-2.0");
