// SPDX-License-Identifier: Apache-2.0
// Control groups in all three layouts: pure v1, hybrid (v1 controllers and an empty-handed v2), pure v2.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/log.hpp"
#include "core/config/container_config.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// More than any file of a control group, or of /proc that lists groups, has: cgroup.procs of a full group.
constexpr std::size_t largest_cgroup_file = 16 << 20;

enum class CgroupLayout {
  none,
  v1,
  hybrid,
  v2
};

/// One mounted hierarchy.
struct Hierarchy {
  bool is_v2 = false;
  std::string mount_point;               ///< "/sys/fs/cgroup/memory"
  std::vector<std::string> controllers;  ///< v1: {"memory"} or {"cpu","cpuacct"} or {"name=systemd"}; v2: what it can serve
  std::string base;                      ///< below which lxcx makes groups: pid 1's own group, or the caller's with cgroup.relative; "" is the top
};

class Cgroups {
 public:
  /// Reads /proc/self/mountinfo. Groups are made below the groups of a process: `base` is its /proc/PID/cgroup; empty: that of process 1.
  static Result<Cgroups> open(Kernel& kernel, Log& log, std::string_view base = {});
  /// This process as a base: lxc.cgroup.relative, and ordinary users, who may not leave the group they are in. Whoever starts a container so keeps
  /// it for those who come later, from elsewhere.
  static Result<std::string> own_base(Kernel& kernel);

  CgroupLayout layout() const { return layout_; }
  const std::vector<Hierarchy>& hierarchies() const { return hierarchies_; }

  /// From now on leaves the v1 hierarchies alone that have none of these controllers. Errors: unsupported, for one that no hierarchy here has.
  Result<void> use_only(const std::vector<std::string>& controllers);

  /// A name that no hierarchy has yet: `wanted`, else wanted-1 … -999. Errors: busy.
  Result<std::string> free_name(const std::string& wanted) const;
  /// Makes `path` (relative to each base) in every hierarchy; on v2 enables the controllers down to it, unless it is for what has no limits; on
  /// v1 cpuset inherits cpus and mems. Errors leave nothing behind.
  Result<void> create(const std::string& path, bool has_limits = true);
  /// Kills what is left inside (cgroup.kill, else signals), removes the group and its children everywhere. Gone already is no error.
  /// Errors: busy when the caller itself is inside (nothing is killed then), or what was killed does not end within 5 s.
  Result<void> destroy(const std::string& path);
  /// Removes the group wherever it is empty, and kills nothing; one with processes or children stays.
  Result<void> remove_empty(const std::string& path);
  /// The v2 directory for CLONE_INTO_CGROUP, or an empty fd when there is no v2.
  Result<UniqueFd> open_v2(const std::string& path) const;
  /// Every v1 hierarchy's `tasks` file of the group, opened for writing: a process writes "0" into them itself (0.05 ms; another's pid costs
  /// 5-13 ms). The child does it right after clone3. A hierarchy that does not have the group is left out.
  Result<std::vector<UniqueFd>> open_v1_tasks(const std::string& path) const;
  /// lxc.cgroup.* and lxc.cgroup2.*: written in order, memory.memsw last; `devices` says whether device keys are meant or all others.
  /// v2 device rules become a BPF program. Errors carry the setting's place. Keys for a layout the machine does not have are warned about.
  Result<void> apply_limits(const std::string& path, const ContainerConfig& config, bool devices);
  /// Gives the group to the container's root (config.idmap): the directory and the files of cgroups(7), "delegation".
  Result<void> delegate(const std::string& path, uid_t uid, gid_t gid);
  /// Reads or writes one file, in whichever hierarchy has it; key is "memory.max". Errors: not_found. devices.allow, .deny and .list work on
  /// v2 too, on the BPF program; an allow where there was no rule closes nothing.
  Result<std::string> read(const std::string& path, std::string_view key) const;
  Result<void> write(const std::string& path, std::string_view key, std::string_view value);
  /// v2 cgroup.freeze, else the v1 freezer; waits for it up to the timeout.
  Result<void> freeze(const std::string& path, bool frozen, int timeout_ms);
  Result<bool> is_frozen(const std::string& path) const;
  /// Moves a process (0: this one) into the group in every hierarchy.
  Result<void> enter(const std::string& path, pid_t pid);
  /// Whether this process is in the group itself, in any hierarchy.
  Result<bool> holds_this_process(const std::string& path) const;
  /// Moves this process to where groups are made, above them all. Errors: busy on v2, where that is not the root and has children with controllers.
  Result<void> enter_base();

 private:
  Result<void> move(const std::string& path, pid_t pid);

  Kernel* kernel_ = nullptr;
  Log* log_ = nullptr;
  CgroupLayout layout_ = CgroupLayout::none;
  std::vector<Hierarchy> hierarchies_;
};

}  // namespace lxcx::core
