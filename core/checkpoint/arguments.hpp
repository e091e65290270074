// SPDX-License-Identifier: Apache-2.0
// The words of criu's command line that a dump and its restore have in common.
#pragma once
#include <string>
#include <vector>

#include "core/cgroup/cgroups.hpp"
#include "core/checkpoint/cgroup_yard.hpp"
#include "core/checkpoint/image.hpp"

namespace lxcx::core {

inline std::vector<std::string> common_arguments(const std::string& verb, const ImageDirectory& images, const char* log, bool verbose) {
  const auto by_fd = [](int fd) { return "/proc/self/fd/" + std::to_string(fd); };
  return {verb, "--images-dir", by_fd(images.images_fd()), "--work-dir", by_fd(images.fd()), "--log-file", log, verbose ? "-v4" : "-v2",
          "--tcp-established", "--file-locks", "--link-remap", "--ext-unix-sk", "--manage-cgroups=full",
          // What is mounted from the host is found, and mounted again, by its path there.
          "--external", "mnt[]:ms"};
}

inline void add_cgroup_yard(std::vector<std::string>& arguments, const CgroupYard& yard) {
  arguments.insert(arguments.end(), {"--cgroup-yard", yard.path_for_criu()});
}

inline void add_cgroup_roots(std::vector<std::string>& arguments, const Cgroups& cgroups, const std::string& path) {
  for (const Hierarchy& hierarchy : cgroups.hierarchies()) {
    std::string root = hierarchy.base;
    if (!root.starts_with('/')) root.insert(0, "/");
    if (!root.ends_with('/')) root += '/';
    root += path;
    std::string controllers;
    for (const std::string& each : hierarchy.controllers) controllers += (controllers.empty() ? "" : ",") + each;
    arguments.emplace_back("--cgroup-root");
    arguments.push_back(hierarchy.is_v2 ? root : controllers + ":" + root);
  }
}

}  // namespace lxcx::core
