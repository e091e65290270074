// SPDX-License-Identifier: Apache-2.0
// Listing: directories and small state files; no socket is opened and no plugin loaded, so that a thousand containers cost milliseconds. But for what
// nobody takes down any more: that is done first.
#include <fcntl.h>

#include <algorithm>
#include <set>

#include "core/base/text.hpp"
#include "core/info/cgroups_by_base.hpp"
#include "core/info/info.hpp"
#include "core/info/listing.hpp"
#include "core/kernel/files.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {

std::set<std::string> names_under_lxc(Kernel& kernel, const std::string& table, const std::string& lxcpath, const std::set<std::string>& defined) {
  std::set<std::string> names;
  const Result<std::string> text = read_file(kernel, AT_FDCWD, table.c_str(), std::size_t{64} << 20);
  if (!text) return names;
  const std::string prefix = lxcpath + "/";
  constexpr std::string_view suffix = "/command";
  std::set<std::string, std::less<>> hashed;
  for (std::size_t at = text->find(" @"); at != std::string::npos; at = text->find(" @", at + 1)) {
    const std::size_t begin = at + 2;
    const std::string_view address = std::string_view(*text).substr(begin, text->find('\n', begin) - begin);
    if (!address.ends_with(suffix)) continue;
    if (address.starts_with("lxc/")) hashed.emplace(address);
    if (!address.starts_with(prefix) || address.size() <= prefix.size() + suffix.size()) continue;
    const std::string_view name = address.substr(prefix.size(), address.size() - prefix.size() - suffix.size());
    if (name.find('/') == std::string_view::npos) names.emplace(name);
  }
  if (hashed.empty()) return names;
  for (const std::string& name : defined)
    if (hashed.contains(lxc_command_name({lxcpath, name}))) names.insert(name);
  return names;
}

Result<void> fill_from_config(const ConfigSource& source, const std::string& file, ContainerSummary& summary) {
  LXCX_TRY(config, load_config(file, source, nullptr));
  summary.autostart = config.autostart;
  summary.unprivileged = !config.is_privileged();
  summary.groups = config.groups;
  return {};
}

namespace {

/// What is not there has no names; a directory that may not be read, or is none, is an error.
Result<std::vector<std::string>> names_in(Kernel& kernel, const std::string& directory) {
  Result<UniqueFd> fd = kernel.openat(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY);
  if (!fd && fd.error().sys_errno == ENOENT) return std::vector<std::string>{};
  if (!fd) return doing(Result<std::vector<std::string>>(std::unexpected(std::move(fd).error())), "list the containers");
  return kernel.getdents(fd->get());
}

void fill_memory(const Cgroups& cgroups, ContainerSummary& summary) {
  const auto number = [&](std::string_view key) -> std::optional<std::uint64_t> {
    const Result<std::string> text = cgroups.read(summary.cgroup, key);
    if (!text) return std::nullopt;
    const Result<std::int64_t> value = parse_integer(trim(*text));
    return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
  };
  summary.memory_bytes = number("memory.usage_in_bytes");
  if (const auto both = number("memory.memsw.usage_in_bytes"); both && summary.memory_bytes)
    summary.swap_bytes = *both - std::min(*both, *summary.memory_bytes);
  if (!summary.memory_bytes) summary.memory_bytes = number("memory.current");
  if (!summary.swap_bytes) summary.swap_bytes = number("memory.swap.current");
}

/// Of those that run, in the order of the summaries.
void fill_addresses(Host& host, std::vector<ContainerSummary>& summaries) {
  std::vector<pid_t> processes;
  for (const ContainerSummary& summary : summaries)
    if (summary.init > 0) processes.push_back(summary.init);
  if (processes.empty()) return;
  const auto visited = addresses_of(host.kernel, processes);
  if (!visited) return;
  auto next = visited->begin();
  for (ContainerSummary& summary : summaries) {
    if (summary.init <= 0) continue;
    for (const InterfaceAddresses& each : *next++) {
      summary.interfaces.push_back(each.interface);
      summary.ipv4.insert(summary.ipv4.end(), each.ipv4.begin(), each.ipv4.end());
      summary.ipv6.insert(summary.ipv6.end(), each.ipv6.begin(), each.ipv6.end());
    }
  }
}

/// What the control groups of running containers tell.
void fill_from_groups(Host& host, const ListRequest& request, std::vector<ContainerSummary>& summaries) {
  if (std::ranges::none_of(summaries, [](const ContainerSummary& summary) { return !summary.cgroup.empty(); })) return;
  CgroupsByBase all(host);
  for (ContainerSummary& summary : summaries) {
    if (summary.cgroup.empty()) continue;
    const Result<const Cgroups*> cgroups = all.of(summary.cgroup_base);
    if (!cgroups) continue;
    if (summary.state == State::running && (*cgroups)->is_frozen(summary.cgroup).value_or(false)) summary.state = State::frozen;
    if (request.memory) fill_memory(**cgroups, summary);
  }
}

/// What one listing looks at, opened once.
struct Listing {
  std::set<std::string> started, under_lxc;
};

/// As observe, but whoever has the privilege finishes first what nobody else is at. It waits for no other command that is.
Observed observe_to_the_end(Host& host, const ContainerPaths& paths) {
  Observed seen = observe(host, paths);
  if (!seen.is_abandoned()) return seen;
  if (const Result<bool> finished = finish_stale_teardown(host, paths, 0); !finished) {
    host.log.debug(finished.error().message + ", ignoring");
    return seen;
  }
  return observe(host, paths);
}

ContainerSummary summarize(Host& host, const ContainerPaths& paths, const Listing& listing) {
  ContainerSummary summary;
  summary.name = paths.name;
  if (listing.under_lxc.contains(paths.name)) {
    summary.state = State::running;
    summary.manager = "lxc";
  }
  if (!listing.started.contains(paths.name)) return summary;
  const Observed seen = observe_to_the_end(host, paths);
  summary.state = seen.state();
  if (!seen.init_alive) return summary;
  summary.manager = "lxcx";
  summary.init = seen.run.init.pid;
  summary.cgroup = seen.run.cgroup;
  summary.cgroup_base = seen.run.cgroup_base;
  return summary;
}

}  // namespace

Result<std::vector<ContainerSummary>> list_containers(Host& host, const std::string& lxcpath, const ListRequest& request, bool details) {
  const auto is_defined = [&](const ContainerPaths& paths) { return host.kernel.faccessat(AT_FDCWD, paths.config().c_str(), F_OK, 0).has_value(); };
  std::set<std::string> defined, all;
  LXCX_TRY(names, names_in(host.kernel, lxcpath));
  for (const std::string& name : names)
    if (name[0] != '.' && is_defined({lxcpath, name})) defined.insert(name);
  Listing listing;
  // Another user's run directories may be closed to this one.
  for (const std::string& name : names_in(host.kernel, host.root.of_lxcpath(lxcpath)).value_or(std::vector<std::string>{}))
    if (name[0] != '.') listing.started.insert(name);
  listing.under_lxc = names_under_lxc(host.kernel, "/proc/net/unix", lxcpath, defined);
  all = defined;
  all.insert(listing.started.begin(), listing.started.end());
  all.insert(listing.under_lxc.begin(), listing.under_lxc.end());
  std::vector<ContainerSummary> summaries;
  summaries.reserve(all.size());
  for (const std::string& name : all) {
    const ContainerPaths paths{lxcpath, name};
    ContainerSummary summary = summarize(host, paths, listing);
    // An ephemeral container goes with the end of its teardown.
    summary.defined = defined.contains(name) && (summary.state != State::stopped || !listing.started.contains(name) || is_defined(paths));
    if (!summary.defined && summary.state == State::stopped) continue;
    if (details && summary.defined) {
      if (const Result<void> filled = fill_from_config(host.source, paths.config(), summary); !filled)
        host.log.warn("'" + name + "': " + filled.error().message + ": what it says is not shown, ignoring");
    }
    summaries.push_back(std::move(summary));
  }
  if (request.nesting > 0) add_nested(host.kernel, request.nesting, details, summaries);
  fill_from_groups(host, request, summaries);
  if (request.addresses) fill_addresses(host, summaries);
  return summaries;
}

}  // namespace lxcx::core
