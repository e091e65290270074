// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup/cgroups.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/text.hpp"
#include "core/cgroup/cgroup_layout.hpp"
#include "core/cgroup/cgroup_removal.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"

namespace lxcx::core {
namespace {

constexpr int removal_timeout_ms = 5000;

Result<std::string> read_host_file(Kernel& kernel, const std::string& path) { return read_file(kernel, AT_FDCWD, path.c_str(), largest_cgroup_file); }

/// What stands in the way of lxcx for good, rather than just now.
bool is_lasting(const Error& error) {
  return error.sys_errno == ENOENT || error.sys_errno == ENOTDIR || error.sys_errno == EACCES || error.sys_errno == EPERM || error.sys_errno == EROFS;
}

/// Why lxcx cannot make groups in this hierarchy, or nothing. Errors: what may be otherwise the next time. A hierarchy that is overlooked would
/// silently take its limits along.
Result<std::string> why_unusable(Kernel& kernel, const Hierarchy& hierarchy) {
  const std::string base = hierarchy.mount_point + hierarchy.base;
  const Result<UniqueFd> directory = kernel.openat(AT_FDCWD, base.c_str(), O_PATH | O_DIRECTORY);
  if (!directory && is_lasting(directory.error())) return directory.error().message;
  if (!directory) return std::unexpected(directory.error());
  LXCX_TRY(found, kernel.fstatfs(directory->get()));
  if (found.f_type != (hierarchy.is_v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC)) return "another mount covers it";
  const Result<void> writable = kernel.faccessat(AT_FDCWD, base.c_str(), W_OK, AT_EACCESS);
  if (!writable && !is_lasting(writable.error())) return std::unexpected(writable.error());
  return writable ? std::string() : "not writable";
}

/// v1 cpuset groups begin without CPUs and memory nodes, and take no process then (cpuset(7)).
Result<void> inherit_cpuset(Kernel& kernel, const std::string& parent, const std::string& group) {
  LXCX_TRY(mems, read_host_file(kernel, group + "/cpuset.mems"));
  if (trim(mems).empty()) {
    LXCX_TRY(inherited, read_host_file(kernel, parent + "/cpuset.mems"));
    LXCX_CHECK(write_existing_file(kernel, AT_FDCWD, (group + "/cpuset.mems").c_str(), trim(inherited)));
  }
  LXCX_TRY(cpus, read_host_file(kernel, group + "/cpuset.cpus"));
  if (trim(cpus).empty()) {
    LXCX_TRY(inherited, read_host_file(kernel, parent + "/cpuset.cpus"));
    std::vector<unsigned> usable = parse_cpu_list(inherited);
    // CPUs set aside with isolcpus= are for those who ask for them by lxc.cgroup.cpuset.cpus.
    const std::vector<unsigned> isolated = parse_cpu_list(read_host_file(kernel, "/sys/devices/system/cpu/isolated").value_or(""));
    const std::vector<unsigned> offline = parse_cpu_list(read_host_file(kernel, "/sys/devices/system/cpu/offline").value_or(""));
    std::erase_if(usable, [&](unsigned cpu) {
      return std::binary_search(isolated.begin(), isolated.end(), cpu) || std::binary_search(offline.begin(), offline.end(), cpu);
    });
    const std::string wanted = usable.empty() ? std::string(trim(inherited)) : print_cpu_list(usable);
    LXCX_CHECK(write_existing_file(kernel, AT_FDCWD, (group + "/cpuset.cpus").c_str(), wanted));
  }
  return write_existing_file(kernel, AT_FDCWD, (group + "/cgroup.clone_children").c_str(), "1");
}

/// Enables every controller that `directory` has for its children. What cannot be enabled is warned about: only a limit needs it.
Result<void> enable_controllers(Kernel& kernel, Log& log, const std::string& directory) {
  LXCX_TRY(available, read_host_file(kernel, directory + "/cgroup.controllers"));
  if (trim(available).empty()) return {};
  const std::string file = directory + "/cgroup.subtree_control";
  LXCX_TRY(enabled, read_host_file(kernel, file));
  const std::vector<std::string> present = split_blanks(trim(enabled));
  std::vector<std::string> missing;
  for (const std::string& controller : split_blanks(trim(available)))
    if (std::find(present.begin(), present.end(), controller) == present.end()) missing.push_back("+" + controller);
  if (missing.empty() || write_existing_file(kernel, AT_FDCWD, file.c_str(), join(missing, " "))) return {};
  // One refusal refuses all of a write; find out whose it is.
  std::vector<std::string> refused;
  for (const std::string& controller : missing)
    if (!write_existing_file(kernel, AT_FDCWD, file.c_str(), controller)) refused.push_back(controller.substr(1));
  if (!refused.empty()) {
    log.warn("'" + file + "' does not take " + join(refused, ", ") + ": limits of these controllers cannot be set below, ignoring");
  }
  return {};
}

/// The directories made so far, removed again unless keep() is called.
class MadeGroups {
 public:
  explicit MadeGroups(Kernel& kernel) : kernel_(kernel) {}
  MadeGroups(const MadeGroups&) = delete;
  MadeGroups& operator=(const MadeGroups&) = delete;
  ~MadeGroups() {
    for (auto it = made_.rbegin(); it != made_.rend(); ++it) (void)kernel_.unlinkat(AT_FDCWD, it->c_str(), AT_REMOVEDIR);
  }
  void add(std::string directory) { made_.push_back(std::move(directory)); }
  void keep() { made_.clear(); }

 private:
  Kernel& kernel_;
  std::vector<std::string> made_;
};

Result<void> create_in(Kernel& kernel, Log& log, const Hierarchy& hierarchy, const std::string& path, bool delegates, MadeGroups& made) {
  const bool is_cpuset =
      !hierarchy.is_v2 && std::find(hierarchy.controllers.begin(), hierarchy.controllers.end(), "cpuset") != hierarchy.controllers.end();
  const std::vector<std::string> parts = split(path, '/');
  std::string parent = hierarchy.mount_point + hierarchy.base;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    if (delegates) LXCX_CHECK(enable_controllers(kernel, log, parent));
    const std::string directory = parent + "/" + parts[at];
    auto done = kernel.mkdirat(AT_FDCWD, directory.c_str(), 0755);
    if (!done && done.error().sys_errno != EEXIST) return done;
    if (!done && at + 1 == parts.size()) {
      return fail(Code::busy, "cgroup '" + directory + "' exists already",
                  "another container uses it, or a former one left it; remove it if it is empty");
    }
    if (done) {
      made.add(directory);
      if (is_cpuset) LXCX_CHECK(inherit_cpuset(kernel, parent, directory));
    }
    parent = directory;
  }
  return {};
}

/// The files that cgroups(7) gives to a delegatee, besides the directory.
std::vector<std::string> delegated_files(Kernel& kernel, bool is_v2) {
  if (!is_v2) return {"cgroup.procs", "tasks"};
  const auto text = read_host_file(kernel, "/sys/kernel/cgroup/delegate");
  if (!text) return {"cgroup.procs", "cgroup.threads", "cgroup.subtree_control"};  // before Linux 4.15
  return split(*text, '\n');
}

Result<void> give(Kernel& kernel, const std::string& path, uid_t uid, gid_t gid, mode_t mode) {
  LXCX_CHECK(kernel.fchownat(AT_FDCWD, path.c_str(), uid, gid, 0));
  return kernel.fchmodat(AT_FDCWD, path.c_str(), mode);
}

/// Whether this very process is in the group or below it: killing the group would be suicide half-way.
bool is_member(const std::string& proc_self_cgroup, const Hierarchy& hierarchy, const std::string& path) {
  const std::string group = hierarchy.base + "/" + path;
  for (const std::string& line : split(proc_self_cgroup, '\n')) {
    const std::size_t at = line.find(":/");
    if (at == std::string::npos) continue;
    const std::string own = line.substr(at + 1) + "/";
    if (own.starts_with(group + "/")) return true;
  }
  return false;
}

Result<bool> is_single_threaded(Kernel& kernel) {
  LXCX_TRY(tasks, kernel.fstatat(AT_FDCWD, "/proc/self/task", 0));
  return tasks.st_nlink == 3;  // ".", "..", and one thread
}

}  // namespace

Result<std::string> Cgroups::own_base(Kernel& kernel) { return read_host_file(kernel, "/proc/self/cgroup"); }

Result<Cgroups> Cgroups::open(Kernel& kernel, Log& log, std::string_view base) {
  Cgroups cgroups;
  cgroups.kernel_ = &kernel;
  cgroups.log_ = &log;
  LXCX_TRY(mountinfo, read_host_file(kernel, "/proc/self/mountinfo"));
  std::string membership(base);
  if (base.empty()) {
    LXCX_TRY(of_first, read_host_file(kernel, "/proc/1/cgroup"));
    membership = std::move(of_first);
  }
  std::vector<Hierarchy> found = parse_cgroup_mounts(mountinfo, {});
  place_bases(found, membership);
  for (Hierarchy& hierarchy : found) {
    LXCX_TRY(why, why_unusable(kernel, hierarchy));
    if (!why.empty()) {
      log.debug("cgroup hierarchy '" + hierarchy.mount_point + "' is left out: " + why);
      continue;
    }
    cgroups.hierarchies_.push_back(std::move(hierarchy));
  }
  cgroups.layout_ = layout_of(cgroups.hierarchies_);
  for (Hierarchy& hierarchy : cgroups.hierarchies_) {
    if (!hierarchy.is_v2) continue;
    // On hybrid, v2 serves what the administrator enabled there and nothing more: controllers belong to v1.
    const char* file = cgroups.layout_ == CgroupLayout::v2 ? "/cgroup.controllers" : "/cgroup.subtree_control";
    LXCX_TRY(controllers, read_host_file(kernel, hierarchy.mount_point + hierarchy.base + file));
    hierarchy.controllers = split_blanks(trim(controllers));
  }
  return cgroups;
}

Result<void> Cgroups::use_only(const std::vector<std::string>& controllers) {
  const auto has = [](const Hierarchy& hierarchy, const std::string& controller) {
    return std::ranges::find(hierarchy.controllers, controller) != hierarchy.controllers.end();
  };
  for (const std::string& controller : controllers) {
    if (std::ranges::any_of(hierarchies_, [&](const Hierarchy& hierarchy) { return has(hierarchy, controller); })) continue;
    return fail(Code::unsupported, "no cgroup hierarchy here has the controller '" + controller + "'", "/proc/cgroups lists what the kernel has");
  }
  std::erase_if(hierarchies_, [&](const Hierarchy& hierarchy) {
    return !hierarchy.is_v2 && std::ranges::none_of(controllers, [&](const std::string& controller) { return has(hierarchy, controller); });
  });
  return {};
}

Result<std::string> Cgroups::free_name(const std::string& wanted) const {
  LXCX_CHECK(check_group_path(wanted));
  for (int suffix = 0; suffix < 1000; ++suffix) {
    std::string name = suffix == 0 ? wanted : wanted + "-" + std::to_string(suffix);
    const bool is_taken = std::any_of(hierarchies_.begin(), hierarchies_.end(), [&](const Hierarchy& hierarchy) {
      return kernel_->faccessat(AT_FDCWD, group_directory(hierarchy, name).c_str(), F_OK, 0).has_value();
    });
    if (!is_taken) return name;
  }
  return fail(Code::busy, "no free cgroup name: '" + wanted + "' and -1 to -999 all exist", "remove the empty ones that former containers left");
}

Result<void> Cgroups::create(const std::string& path, bool has_limits) {
  LXCX_CHECK(check_group_path(path));
  MadeGroups made(*kernel_);
  for (const Hierarchy& hierarchy : hierarchies_) {
    const bool delegates = has_limits && hierarchy.is_v2 && layout_ == CgroupLayout::v2;
    LXCX_CHECK(doing(create_in(*kernel_, *log_, hierarchy, path, delegates, made), "create cgroup '" + path + "'"));
  }
  made.keep();
  return {};
}

Result<void> Cgroups::destroy(const std::string& path) {
  LXCX_CHECK(check_group_path(path));
  Result<void> first_failure;
  const auto note = [&](Result<void> result) {
    if (!result && first_failure) first_failure = doing(std::move(result), "remove cgroup '" + path + "'");
  };
  // Mostly everything has ended: then one rmdir each is all there is to do.
  std::vector<const Hierarchy*> left;
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (!remove_group(*kernel_, group_directory(hierarchy, path), 0)) left.push_back(&hierarchy);
  }
  if (left.empty()) return {};
  LXCX_TRY(own, read_host_file(*kernel_, "/proc/self/cgroup"));
  for (const Hierarchy* hierarchy : left) {
    if (is_member(own, *hierarchy, path)) return fail(Code::busy, "this process itself is in the cgroup '" + path + "'", "leave it first");
  }
  for (const Hierarchy* hierarchy : left) note(kill_group(*kernel_, group_directory(*hierarchy, path), hierarchy->is_v2));
  (void)freeze(path, false, 0);  // a frozen process of v1 ends only once it is thawed; in its own time
  for (const Hierarchy* hierarchy : left) {
    const std::string directory = group_directory(*hierarchy, path);
    // Whoever forks faster than one round kills is met in the next.
    auto removed = remove_group(*kernel_, directory, 100);
    for (int waited_ms = 100; !removed && removed.error().code == Code::busy && waited_ms < removal_timeout_ms; waited_ms += 100) {
      note(kill_group(*kernel_, directory, hierarchy->is_v2));
      removed = remove_group(*kernel_, directory, 100);
    }
    note(std::move(removed));
  }
  return first_failure;
}

Result<void> Cgroups::remove_empty(const std::string& path) {
  LXCX_CHECK(check_group_path(path));
  for (const Hierarchy& hierarchy : hierarchies_) {
    const Result<void> removed = kernel_->unlinkat(AT_FDCWD, group_directory(hierarchy, path).c_str(), AT_REMOVEDIR);
    const int why = removed ? 0 : removed.error().sys_errno;
    if (!removed && why != ENOENT && why != EBUSY && why != ENOTEMPTY) return removed;
  }
  return {};
}

Result<UniqueFd> Cgroups::open_v2(const std::string& path) const {
  LXCX_CHECK(check_group_path(path));
  for (const Hierarchy& hierarchy : hierarchies_)
    if (hierarchy.is_v2) return kernel_->openat(AT_FDCWD, group_directory(hierarchy, path).c_str(), O_PATH | O_DIRECTORY);
  return UniqueFd();
}

Result<std::vector<UniqueFd>> Cgroups::open_v1_tasks(const std::string& path) const {
  LXCX_CHECK(check_group_path(path));
  std::vector<UniqueFd> opened;
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (hierarchy.is_v2) continue;
    Result<UniqueFd> tasks = kernel_->openat(AT_FDCWD, (group_directory(hierarchy, path) + "/tasks").c_str(), O_WRONLY);
    if (!tasks && tasks.error().sys_errno == ENOENT) continue;  // mounted since the group was made
    if (!tasks) return std::unexpected(std::move(tasks).error());
    opened.push_back(std::move(*tasks));
  }
  return opened;
}

Result<void> Cgroups::delegate(const std::string& path, uid_t uid, gid_t gid) {
  LXCX_CHECK(check_group_path(path));
  for (const Hierarchy& hierarchy : hierarchies_) {
    const std::string directory = group_directory(hierarchy, path);
    LXCX_CHECK(give(*kernel_, directory, uid, gid, 0775));
    for (const std::string& file : delegated_files(*kernel_, hierarchy.is_v2)) {
      auto given = give(*kernel_, directory + "/" + file, uid, gid, 0664);
      if (!given && given.error().sys_errno != ENOENT) return given;  // a file of a controller that is not enabled here
    }
  }
  return {};
}

Result<void> Cgroups::enter(const std::string& path, pid_t pid) {
  LXCX_CHECK(check_group_path(path));
  return move(path, pid);
}

Result<bool> Cgroups::holds_this_process(const std::string& path) const {
  LXCX_TRY(own, read_host_file(*kernel_, "/proc/self/cgroup"));
  return std::ranges::any_of(hierarchies_, [&](const Hierarchy& hierarchy) { return is_member(own, hierarchy, path); });
}

Result<void> Cgroups::enter_base() { return move("", 0); }

Result<void> Cgroups::move(const std::string& path, pid_t pid) {
  bool one_thread = false;
  if (pid == 0) {
    LXCX_TRY(single, is_single_threaded(*kernel_));
    one_thread = single;
  }
  for (const Hierarchy& hierarchy : hierarchies_) {
    // v1's `tasks` moves one thread and is a hundred times cheaper than cgroup.procs when it moves the writer itself.
    const char* file = one_thread && !hierarchy.is_v2 ? "/tasks" : "/cgroup.procs";
    LXCX_CHECK(write_existing_file(*kernel_, AT_FDCWD, (group_directory(hierarchy, path) + file).c_str(), std::to_string(pid)));
  }
  return {};
}

}  // namespace lxcx::core
