// SPDX-License-Identifier: Apache-2.0
#include "core/info/info.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "core/base/text.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/info/usage.hpp"
#include "core/kernel/files.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {

namespace {

constexpr std::size_t largest_device_list = std::size_t{16} << 20;

std::optional<std::uint64_t> number_of(std::string_view text) {
  const Result<std::int64_t> value = parse_integer(text);
  return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

void fill_statistics(Host& host, const RunState& run, ContainerInfo& info) {
  const Result<Cgroups> cgroups = Cgroups::open(host.kernel, host.log, run.cgroup_base);
  if (!cgroups || run.cgroup.empty()) return;
  const Usage usage = read_usage(*cgroups, run.cgroup);
  info.cpu_ns = usage.cpu_ns;
  info.memory_bytes = usage.memory_bytes;
  info.kernel_memory_bytes = usage.kernel_memory_bytes;
  info.block_io_bytes = usage.block_bytes;
}

/// Bytes that a device received, which the container sent, and sent, by proc_net_dev of proc(5): of the caller's network namespace, where /sys shows
/// the one it was mounted in.
void fill_counters(std::string_view devices, ContainerInfo::Link& link) {
  for (const std::string& line : split(devices, '\n')) {
    const std::size_t colon = line.rfind(':');
    if (colon == std::string::npos || trim(std::string_view(line).substr(0, colon)) != link.name) continue;
    const std::vector<std::string> numbers = split_blanks(std::string_view(line).substr(colon + 1));
    if (numbers.size() < 9) return;
    link.tx_bytes = number_of(numbers[0]);
    link.rx_bytes = number_of(numbers[8]);
  }
}

/// The host's ends of the container's devices, as the journal has them.
void fill_links(Host& host, const ContainerPaths& paths, ContainerInfo& info) {
  const Result<RunDirectory> run = RunDirectory::open(host.kernel, host.root, paths);
  if (!run) return;
  const Result<Journal> journal = run->journal(false);
  if (!journal) return;
  const std::string devices = read_file(host.kernel, AT_FDCWD, "/proc/self/net/dev", largest_device_list).value_or("");
  for (const JournalEntry& entry : journal->entries()) {
    if (!entry.scope.starts_with("network ") || entry.key != "core.host_name" || entry.value.empty()) continue;
    fill_counters(devices, info.links.emplace_back(ContainerInfo::Link{entry.value, {}, {}}));
  }
}

void fill_addresses(Host& host, ContainerInfo& info) {
  const auto visited = addresses_of(host.kernel, {info.init});
  if (!visited) return;
  const std::vector<InterfaceAddresses>& interfaces = visited->front();
  for (const InterfaceAddresses& each : interfaces) info.addresses.insert(info.addresses.end(), each.ipv4.begin(), each.ipv4.end());
  for (const InterfaceAddresses& each : interfaces) info.addresses.insert(info.addresses.end(), each.ipv6.begin(), each.ipv6.end());
}

bool is_frozen(Host& host, const RunState& run) {
  if (run.cgroup.empty()) return false;
  const Result<Cgroups> cgroups = Cgroups::open(host.kernel, host.log, run.cgroup_base);
  if (!cgroups) return false;
  return cgroups->is_frozen(run.cgroup).value_or(false);
}

}  // namespace

State container_state(Host& host, const ContainerPaths& paths) {
  const Observed seen = observe(host, paths);
  if (!seen.exists) return runs_under_lxc(paths) ? State::running : State::stopped;
  const State state = seen.state();
  return state == State::running && is_frozen(host, seen.run) ? State::frozen : state;
}

Result<ContainerInfo> container_info(Host& host, const ContainerPaths& paths) {
  LXCX_CHECK(check_name(paths.name));
  if (const Result<bool> finished = finish_stale_teardown(host, paths); !finished) host.log.debug(finished.error().message);
  ContainerInfo info;
  info.name = paths.name;
  const Observed seen = observe(host, paths);
  if (!seen.exists) {
    if (runs_under_lxc(paths)) {
      info.state = State::running;
      info.manager = "lxc";
      return info;
    }
    if (!host.kernel.faccessat(AT_FDCWD, paths.config().c_str(), F_OK, 0)) return std::unexpected(no_container(host.kernel, paths));
    return info;
  }
  info.state = container_state(host, paths);
  info.manager = "lxcx";
  info.started_at = seen.run.started_at;
  if (!seen.init_alive) return info;
  info.init = seen.run.init.pid;
  info.monitor_lost = !seen.monitor_alive;
  fill_statistics(host, seen.run, info);
  fill_links(host, paths, info);
  fill_addresses(host, info);
  return info;
}

Result<bool> wait_for_state(Host& host, const ContainerPaths& paths, const std::vector<State>& states, int timeout_s) {
  using Clock = std::chrono::steady_clock;
  LXCX_CHECK(check_name(paths.name));
  // What a user has started stands in a directory of that user's own, where nobody else finds it.
  const Result<struct stat> seen = host.kernel.fstatat(AT_FDCWD, paths.directory().c_str(), 0);
  if (::geteuid() != 0 && seen && seen->st_uid != ::geteuid())
    return fail(Code::denied, "the state of '" + paths.name + "' is another user's", "become root, or the user whose container it is");
  const auto give_up = Clock::now() + std::chrono::seconds(std::max(timeout_s, 0));
  while (true) {
    (void)finish_stale_teardown(host, paths);
    State state = container_state(host, paths);
    // THAWED is only ever reported in passing (runtime.md): who waits for it has it as soon as nothing is frozen.
    const bool reached =
        std::ranges::find(states, state) != states.end() || (state == State::running && std::ranges::find(states, State::thawed) != states.end());
    if (reached) return true;
    if (timeout_s >= 0 && Clock::now() >= give_up) return false;
    const timespec pause{0, 10'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace lxcx::core
