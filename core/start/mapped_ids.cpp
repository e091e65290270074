// SPDX-License-Identifier: Apache-2.0
// What lxc.idmap may give away.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"
#include "core/start/launch.hpp"

namespace lxcx::core {

namespace {

/// The first ids that Debian gives to a user; what is his stands in the files.
constexpr const char* example_maps =
    "add lxc.idmap = u 0 100000 65536 and lxc.idmap = g 0 100000 65536, with your own numbers from /etc/subuid and /etc/subgid";

/// Without a map of its own kind nothing in the container could have a group, or a user. LXC starts such a container, whose root then has gid 65534.
Result<void> refuse_half_a_map(const ContainerConfig& config) {
  if (config.idmap.empty()) return {};
  const auto maps = [&](char kind) {
    return std::ranges::find(config.idmap, static_cast<std::uint32_t>(kind), &lxcx_idmap::kind) != config.idmap.end();
  };
  const bool has_users = maps('u');
  if (has_users && maps('g')) return {};
  Error error{Code::config, 0, has_users ? "lxc.idmap maps users, and no groups" : "lxc.idmap maps groups, and no users", {}, {}, {}, {}};
  error.hint = std::string("add a line of the other kind, such as lxc.idmap = ") + (has_users ? "g" : "u") + " 0 100000 65536";
  if (const auto line = std::ranges::find(config.settings, "lxc.idmap", &Setting::key); line != config.settings.end()) error.where = line->where;
  return std::unexpected(std::move(error));
}

constexpr std::size_t longest_map = 64 * 1024;

/// Whether one range of /proc/PID/uid_map (or several that follow each other) holds all host ids of a map.
bool has_ids(std::string_view own_map, const lxcx_idmap& wanted) {
  std::uint64_t next = wanted.host_id;
  const std::uint64_t end = next + wanted.range;
  const std::vector<std::string> lines = split(own_map, '\n');
  for (bool grows = true; grows && next < end;) {
    grows = false;
    for (const std::string& line : lines) {
      const std::vector<std::string> numbers = split_blanks(line);
      if (numbers.size() != 3) continue;
      const auto first = static_cast<std::uint64_t>(parse_integer(numbers[0]).value_or(0));
      const auto count = static_cast<std::uint64_t>(parse_integer(numbers[2]).value_or(0));
      if (next < first || next >= first + count) continue;
      next = first + count;
      grows = true;
    }
  }
  return next >= end;
}

/// user_namespaces(7): an id is only another's to give when it is mapped here. Root of the machine has all.
Result<void> refuse_foreign_ids(Kernel& kernel, const ContainerConfig& config) {
  for (const char kind : {'u', 'g'}) {
    const std::string file = std::string("/proc/self/") + kind + "id_map";
    LXCX_TRY(text, read_file(kernel, AT_FDCWD, file.c_str(), longest_map));
    for (const lxcx_idmap& map : config.idmap) {
      if (map.kind != static_cast<std::uint32_t>(kind) || has_ids(text, map)) continue;
      Error error{Code::config, 0, {}, {}, {}, {}, {}};
      error.message = "lxc.idmap = " + std::string(1, kind) + " " + std::to_string(map.container_id) + " " + std::to_string(map.host_id) + " " +
                      std::to_string(map.range) + " gives away ids that this user does not have";
      error.hint =
          ::geteuid() == 0 ? file + " lists those that there are in this user namespace" : std::string("/etc/sub") + kind + "id says which are yours";
      if (const auto line = std::ranges::find(config.settings, "lxc.idmap", &Setting::key); line != config.settings.end()) error.where = line->where;
      return std::unexpected(std::move(error));
    }
  }
  return {};
}

}  // namespace

Result<void> refuse_unmapped(Kernel& kernel, const ContainerConfig& config) {
  if (::geteuid() != 0 && config.idmap.empty())
    return fail(Code::config, "the configuration has no lxc.idmap, which a container of an ordinary user needs", example_maps);
  LXCX_CHECK(refuse_half_a_map(config));
  return refuse_foreign_ids(kernel, config);
}

}  // namespace lxcx::core
