// SPDX-License-Identifier: Apache-2.0
// A container without lxcx: busybox below a tmpfs, in namespaces and cgroups of its own, made by bare system calls.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/attach/attach.hpp"
#include "core/cgroup/cgroups.hpp"

namespace lxcx::test {

struct ContainerKind {
  bool user_namespace = false;  ///< ids 0-65535 inside are 100000-165535 outside
  bool cgroup = false;
};

class TestContainer {
 public:
  explicit TestContainer(ContainerKind kind = {});
  TestContainer(const TestContainer&) = delete;
  TestContainer& operator=(const TestContainer&) = delete;
  ~TestContainer();

  /// A target for it; no actions, an empty configuration.
  core::EnterTarget target() const;
  pid_t init() const { return init_; }
  core::Cgroups& cgroups() { return *cgroups_; }
  const std::string& cgroup() const { return cgroup_; }
  /// A path of the container's root, seen from outside.
  std::string path(const std::string& inside) const;

 private:
  std::string directory_;
  std::string cgroup_;
  std::unique_ptr<core::Cgroups> cgroups_;
  pid_t init_ = -1;
};

struct Ran {
  int status = -1;     ///< of the command; 1000 and more: enter_container failed, with 1000 + its code
  std::string output;  ///< standard output, and the failure's message when there was one
};

/// enter_container in a process of its own, whose standard output is a pipe and whose input is `input`. `prepare` runs in it before.
Ran attach(const core::EnterTarget& target, const core::EnterOptions& options, const std::string& input = {},
           const std::function<void()>& prepare = {});
/// The same for a command, with default options.
Ran attach(const core::EnterTarget& target, std::vector<std::string> command);

}  // namespace lxcx::test
