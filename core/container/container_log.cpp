// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_log.hpp"

#include "core/config/system_config.hpp"

namespace lxcx::core {

std::string default_log_file(const ContainerPaths& paths) {
  if (paths.lxcpath == system_lxcpath) return "/var/log/lxc/" + paths.name + ".log";
  return paths.directory() + "/" + paths.name + ".log";
}

Result<void> follow_log(Host& host, const ContainerPaths& paths, const ContainerConfig& config) {
  ContainerLog wish{paths.name, config.log_file, std::nullopt, config.log_syslog, default_log_file(paths), paths.config()};
  if (config.log_level >= 0) wish.level = static_cast<Level>(config.log_level);
  return doing(host.log.follow(wish), "log as lxc.log.file says");
}

void follow_log_if_possible(Host& host, const ContainerPaths& paths, const ContainerConfig& config) {
  if (const Result<void> done = follow_log(host, paths, config); !done) host.log.warn(done.error().message + ", ignoring");
}

}  // namespace lxcx::core
