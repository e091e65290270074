// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

#include "core/base/text.hpp"
#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'c', "config", "KEY", "Show the value of this configuration item. May be repeated."},
    {'i', "ips", "", "Show the addresses."},
    {'s', "state", "", "Show the state."},
    {'p', "pid", "", "Show init's pid, as the host counts."},
    {'S', "stats", "", "Show what it uses of CPU, block devices, memory and network."},
    {'H', "no-humanize", "", "Raw numbers; of a single item, the value alone."},
};

struct Wanted {
  bool everything = false, ips = false, state = false, pid = false, stats = false, raw = false;
  std::vector<std::string> keys;
  bool bare() const { return raw && !everything && !stats && ips + state + pid == 1; }
};

Wanted read_wanted(const Arguments& arguments) {
  Wanted wanted{.ips = arguments.has("ips"),
                .state = arguments.has("state"),
                .pid = arguments.has("pid"),
                .stats = arguments.has("stats"),
                .raw = arguments.has("no-humanize"),
                .keys = arguments.values("config")};
  wanted.everything = !wanted.ips && !wanted.state && !wanted.pid && !wanted.stats && wanted.keys.empty();
  if (wanted.everything) wanted.ips = wanted.state = wanted.pid = wanted.stats = true;
  return wanted;
}

/// A label in 15 columns and a space, as lxc-info has it.
std::string line(std::string_view label, std::string_view value) {
  std::string out(label);
  out.resize(std::max<std::size_t>(15, out.size()), ' ');
  return out + ' ' + printable(value) + '\n';
}

std::string size_text(std::uint64_t bytes, bool raw) {
  if (raw) return std::to_string(bytes);
  constexpr std::array<std::pair<unsigned, const char*>, 3> units{{{30, "GiB"}, {20, "MiB"}, {10, "KiB"}}};
  for (const auto& [shift, unit] : units) {
    if (bytes <= 1ULL << shift) continue;
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.2f %s", static_cast<double>(bytes) / static_cast<double>(1ULL << shift), unit);
    return text.data();
  }
  return std::to_string(bytes) + " bytes";
}

std::string seconds_text(std::uint64_t ns, bool raw) {
  if (raw) return std::to_string(ns);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.2f seconds", static_cast<double>(ns) / 1e9);
  return text.data();
}

std::string stats_text(const core::ContainerInfo& info, bool raw) {
  std::string out;
  if (info.cpu_ns) out += line("CPU use:", seconds_text(*info.cpu_ns, raw));
  if (info.block_io_bytes) out += line("BlkIO use:", size_text(*info.block_io_bytes, raw));
  if (info.memory_bytes) out += line("Memory use:", size_text(*info.memory_bytes, raw));
  if (info.kernel_memory_bytes) out += line("KMem use:", size_text(*info.kernel_memory_bytes, raw));
  for (const auto& link : info.links) {
    // What the host's end receives, the container has sent.
    out += line("Link:", link.name);
    if (link.rx_bytes) out += line(" TX bytes:", size_text(*link.rx_bytes, raw));
    if (link.tx_bytes) out += line(" RX bytes:", size_text(*link.tx_bytes, raw));
    if (link.rx_bytes && link.tx_bytes) out += line(" Total bytes:", size_text(*link.rx_bytes + *link.tx_bytes, raw));
  }
  return out;
}

std::string info_text(const core::ContainerInfo& info, const Wanted& wanted) {
  const auto item = [&](std::string_view label, std::string_view value) { return wanted.bare() ? printable(value) + '\n' : line(label, value); };
  std::string out;
  if (wanted.everything) out += line("Name:", info.name);
  if (wanted.state) out += item("State:", core::state_name(info.state));
  if (wanted.everything && info.manager == "lxc") out += line("Manager:", "lxc");
  if (info.init <= 0) return out;
  if (wanted.pid) out += item("PID:", std::to_string(info.init));
  if (wanted.ips)
    for (const std::string& address : info.addresses) out += item("IP:", address);
  if (wanted.stats) out += stats_text(info, wanted.raw);
  if (wanted.everything && info.monitor_lost) out += line("Monitor:", "lost");
  return out;
}

std::string config_text(const std::vector<ConfigValue>& config, bool bare) {
  std::string out;
  for (const ConfigValue& item : config) {
    const std::string value = printable(core::join(item.values, "\n"), true);
    if (!bare) out += printable(item.key) + (value.empty() ? " =" : " = ");
    out += value + '\n';
  }
  return out;
}

Result<std::vector<ConfigValue>> read_config(core::Runtime& runtime, const std::string& name, const std::vector<std::string>& keys,
                                             core::ConfigForm form) {
  std::vector<ConfigValue> config;
  for (const std::string& key : keys) {
    LXCX_TRY(values, runtime.config_values(name, key, form));
    config.push_back({key, std::move(values)});
  }
  return config;
}

Result<int> run(Session& session, const Arguments& arguments) {
  const Wanted wanted = read_wanted(arguments);
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(info, runtime->info(arguments.name));
  LXCX_TRY(config, read_config(*runtime, arguments.name, wanted.keys, session.is_lxc_tool() ? core::ConfigForm::lxc : core::ConfigForm::written));
  if (session.wants_json())
    session.out().print(json_of(info, config));
  else
    session.out().print(info_text(info, wanted) + config_text(config, wanted.raw && config.size() == 1));
  return 0;
}

}  // namespace

constinit const Command info{
    .name = "info",
    .summary = "Show a container's state, addresses and use of resources",
    .operands = "NAME",
    .takes = Operands::name,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
