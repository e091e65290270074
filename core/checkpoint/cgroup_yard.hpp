// SPDX-License-Identifier: Apache-2.0
// The cgroup file systems that criu works on. Left to itself it mounts cgroup2 once more, without options, and so takes those of the machine's own
// mount away: there is one set for all (cgroups(7), "nsdelegate", which keeps delegated groups from raising their own limits). With `--cgroup-yard`
// it mounts nothing, and there is nothing to put right after it, however it ends.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// What criu(8) wants a directory of the yard to be called, one for each line of a /proc/PID/cgroup: "unified", "systemd", "cpu,cpuacct". Pure.
struct YardName {
  std::string name;
  std::string mount_point;  ///< of the hierarchy, on this machine
};
std::vector<YardName> yard_names(const std::vector<Hierarchy>& hierarchies, std::string_view proc_cgroup);

/// A tmpfs that is mounted nowhere, and goes with its last descriptor.
class CgroupYard {
 public:
  /// For a dump, which opens what it wants while it is in our mount namespace: links to where the file systems are mounted.
  static Result<CgroupYard> of_links(Kernel& kernel, const Cgroups& cgroups);
  /// For a restore, whose processes open by it from the container's root, too, where a link would lead elsewhere: directories to mount them at.
  static Result<CgroupYard> of_directories(Kernel& kernel, const Cgroups& cgroups);
  /// Of the latter, in a process that has a mount namespace of its own: mounts it at a directory, which another mount may cover, and the file
  /// systems in it.
  Result<void> mount_at(Kernel& kernel, const std::string& place) const;

  /// For a criu that inherits it.
  int fd() const { return fd_.get(); }
  std::string path_for_criu() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  CgroupYard(UniqueFd fd, std::vector<YardName> names) : fd_(std::move(fd)), names_(std::move(names)) {}
  static Result<CgroupYard> make(Kernel& kernel, const Cgroups& cgroups);
  UniqueFd fd_;
  std::vector<YardName> names_;
};

}  // namespace lxcx::core
