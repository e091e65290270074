// SPDX-License-Identifier: Apache-2.0
#include "fences.hpp"

#include "ruleset.hpp"

namespace lxcx::landlock {
namespace {

constexpr std::string_view scope_key = "lxcx.security.landlock.payload.scope";
constexpr std::string_view bind_key = "lxcx.security.landlock.payload.tcp.bind";
constexpr std::string_view connect_key = "lxcx.security.landlock.payload.tcp.connect";
constexpr std::string_view monitor_key = "lxcx.security.landlock.monitor";
constexpr std::string_view write_key = "lxcx.security.landlock.monitor.write";

/// The words of all values of a key, parted by blanks or commas.
std::vector<std::string> words(const Call& call, std::string_view key) {
  std::vector<std::string> all;
  for (const std::string& value : call.settings(key))
    for (std::size_t end = 0, start = 0; (start = value.find_first_not_of(" \t,", end)) != std::string::npos;) {
      end = std::min(value.find_first_of(" \t,", start), value.size());
      all.push_back(value.substr(start, end - start));
    }
  return all;
}

Failure bad_word(std::string_view key, std::string_view word, std::string hint) {
  return fail(Code::config, std::string(key) + ": '" + std::string(word) + "' means nothing here", std::move(hint));
}

Result<std::uint64_t> read_scope(const Call& call) {
  std::uint64_t scoped = 0;
  for (const std::string& word : words(call, scope_key)) {
    if (word == "abstract-unix-socket")
      scoped |= scope_abstract_unix_socket;
    else if (word == "signal")
      scoped |= scope_signal;
    else
      return bad_word(scope_key, word, "abstract-unix-socket, signal, or both");
  }
  return scoped;
}

/// Sets `right` in `handled` when the key is there; `none` is the empty list, which nobody can write by accident.
Result<std::vector<std::uint16_t>> read_ports(const Call& call, std::string_view key, std::uint64_t right, std::uint64_t& handled) {
  const std::vector<std::string> given = words(call, key);
  std::vector<std::uint16_t> ports;
  if (given.empty()) return ports;
  handled |= right;
  if (given.size() == 1 && given.front() == "none") return ports;
  for (const std::string& word : given) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
    if (error != std::errc{} || end != word.data() + word.size()) return bad_word(key, word, "port numbers from 0 to 65535, or the one word none");
    ports.push_back(port);
  }
  return ports;
}

Result<MonitorFence> read_monitor(const Call& call) {
  MonitorFence fence;
  const std::string_view value = call.setting(monitor_key);
  if (value == "1" || value == "on")
    fence.is_wanted = true;
  else if (!value.empty() && value != "0" && value != "off")
    return bad_word(monitor_key, value, "on or off");
  for (std::string& path : call.settings(write_key)) {
    if (path.empty()) continue;
    if (!path.starts_with('/')) return fail(Code::config, std::string(write_key) + ": '" + path + "' is not an absolute path");
    fence.write.push_back(std::move(path));
  }
  if (!fence.write.empty() && !fence.is_wanted)
    return fail(Code::config, std::string(write_key) + " is set, but the monitor has no fence", std::string(monitor_key) + " = on");
  return fence;
}

Result<void> need(int abi, int needed, std::string_view key, std::string_view since) {
  if (abi >= needed) return {};
  const std::string has = abi > 0 ? "this kernel has ABI " + std::to_string(abi) : std::string("this kernel has none, or it is turned off");
  return fail(Code::unsupported, std::string(key) + " needs Landlock ABI " + std::to_string(needed) + "; " + has,
              "Linux " + std::string(since) + " or newer with landlock among its lsm= modules; or remove the key");
}

}  // namespace

Result<Fences> read_fences(const Call& call) {
  Fences fences;
  LXCX_TRY(scoped, read_scope(call));
  LXCX_TRY(bind_ports, read_ports(call, bind_key, net_bind_tcp, fences.payload.handled_net));
  LXCX_TRY(connect_ports, read_ports(call, connect_key, net_connect_tcp, fences.payload.handled_net));
  LXCX_TRY(monitor, read_monitor(call));
  fences.payload.scoped = scoped;
  fences.payload.bind_ports = std::move(bind_ports);
  fences.payload.connect_ports = std::move(connect_ports);
  fences.monitor = std::move(monitor);
  return fences;
}

Result<void> check_abi(const Fences& fences, int abi) {
  if (fences.payload.scoped != 0) LXCX_CHECK(need(abi, 6, scope_key, "6.12"));
  if ((fences.payload.handled_net & net_bind_tcp) != 0) LXCX_CHECK(need(abi, 4, bind_key, "6.7"));
  if ((fences.payload.handled_net & net_connect_tcp) != 0) LXCX_CHECK(need(abi, 4, connect_key, "6.7"));
  // ABI 1 forbids every rename between directories, whatever the rules: the run directory could not be kept.
  if (fences.monitor.is_wanted) LXCX_CHECK(need(abi, 2, monitor_key, "5.19"));
  return {};
}

}  // namespace lxcx::landlock
