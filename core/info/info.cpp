// SPDX-License-Identifier: Apache-2.0
#include "core/info/info.hpp"

#include <fcntl.h>
#include <time.h>

#include <algorithm>
#include <chrono>

#include "core/base/text.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/kernel/files.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {

namespace {

std::optional<std::uint64_t> number_in(const Result<std::string>& text) {
  if (!text) return std::nullopt;
  const Result<std::int64_t> value = parse_integer(trim(*text));
  return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

/// A `name value` line of a file such as cpu.stat or memory.stat.
std::optional<std::uint64_t> field(const Result<std::string>& text, std::string_view name) {
  if (!text) return std::nullopt;
  for (const std::string& line : split(*text, '\n'))
    if (line.starts_with(std::string(name) + " ")) return number_in(Result<std::string>(line.substr(name.size() + 1)));
  return std::nullopt;
}

/// io.stat of v2: `8:0 rbytes=… wbytes=… …`, one line for each device.
std::optional<std::uint64_t> v2_io_bytes(const Result<std::string>& text) {
  if (!text) return std::nullopt;
  std::uint64_t sum = 0;
  for (const std::string& word : split_blanks(join(split(*text, '\n'), " ")))
    for (const std::string_view key : {"rbytes=", "wbytes="})
      if (word.starts_with(key)) sum += static_cast<std::uint64_t>(parse_integer(std::string_view(word).substr(key.size())).value_or(0));
  return sum;
}

/// blkio.throttle.io_service_bytes of v1 ends with a line `Total N`.
std::optional<std::uint64_t> v1_io_bytes(const Result<std::string>& text) {
  std::optional<std::uint64_t> total = field(text, "Total");
  return total;
}

void fill_statistics(Host& host, const RunState& run, ContainerInfo& info) {
  const Result<Cgroups> cgroups = Cgroups::open(host.kernel, host.log, false);
  if (!cgroups || run.cgroup.empty()) return;
  const auto read = [&](std::string_view key) { return cgroups->read(run.cgroup, key); };
  info.cpu_ns = number_in(read("cpuacct.usage"));
  if (!info.cpu_ns)
    if (const auto us = field(read("cpu.stat"), "usage_usec")) info.cpu_ns = *us * 1000;
  info.memory_bytes = number_in(read("memory.usage_in_bytes"));
  if (!info.memory_bytes) info.memory_bytes = number_in(read("memory.current"));
  info.kernel_memory_bytes = number_in(read("memory.kmem.usage_in_bytes"));
  if (!info.kernel_memory_bytes) info.kernel_memory_bytes = field(read("memory.stat"), "kernel");
  info.block_io_bytes = v1_io_bytes(read("blkio.throttle.io_service_bytes"));
  if (!info.block_io_bytes) info.block_io_bytes = v2_io_bytes(read("io.stat"));
}

std::uint64_t link_counter(Kernel& kernel, const std::string& link, std::string_view counter) {
  const std::string path = "/sys/class/net/" + link + "/statistics/" + std::string(counter);
  return number_in(read_file(kernel, AT_FDCWD, path.c_str(), 64)).value_or(0);
}

/// The host's ends of the container's devices, as the journal has them; what the host receives is what the container sent.
void fill_links(Host& host, const ContainerPaths& paths, ContainerInfo& info) {
  const Result<RunDirectory> run = RunDirectory::open(host.kernel, host.root, paths);
  if (!run) return;
  const Result<Journal> journal = run->journal(false);
  if (!journal) return;
  for (const JournalEntry& entry : journal->entries()) {
    if (!entry.scope.starts_with("network ") || entry.key != "core.host_name" || entry.value.empty()) continue;
    info.links.push_back({entry.value, link_counter(host.kernel, entry.value, "tx_bytes"), link_counter(host.kernel, entry.value, "rx_bytes")});
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
  const Result<Cgroups> cgroups = Cgroups::open(host.kernel, host.log, false);
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
    if (!host.kernel.faccessat(AT_FDCWD, paths.config().c_str(), F_OK, 0))
      return fail(Code::not_found, "there is no container '" + paths.name + "' in " + paths.lxcpath, "`lxcx ls` lists them");
    return info;
  }
  info.state = container_state(host, paths);
  info.manager = "lxcx";
  info.last_exit_status = seen.run.exit_status;
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
