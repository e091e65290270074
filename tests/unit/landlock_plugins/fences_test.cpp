// SPDX-License-Identifier: Apache-2.0
// What the settings mean; needs no Landlock in the kernel.
#include "plugins/security-landlock/fences.hpp"

#include <catch2/catch.hpp>

#include "plugins/security-landlock/ruleset.hpp"
#include "tests/support/fake_call.hpp"

using namespace lxcx;
using namespace lxcx::landlock;
using lxcx::test::FakeCall;

namespace {

const std::string prefix = "lxcx.security.landlock.";

Result<Fences> read(FakeCall::Settings settings) {
  for (auto& [key, value] : settings) key.insert(0, prefix);
  FakeCall call(std::move(settings));
  return read_fences(Call(&call));
}

std::string refusal(FakeCall::Settings settings) {
  const Result<Fences> fences = read(std::move(settings));
  if (fences) return "accepted";
  CHECK(fences.error().code == Code::config);
  return fences.error().message.substr(prefix.size());
}

std::string abi_refusal(FakeCall::Settings settings, int abi) {
  const Result<void> checked = check_abi(read(std::move(settings)).value(), abi);
  if (checked) return "accepted";
  CHECK(checked.error().code == Code::unsupported);
  return checked.error().message.substr(prefix.size());
}

}  // namespace

TEST_CASE("no setting, no fence") {
  CHECK_FALSE(read({})->is_wanted());
  CHECK_FALSE(read({{"payload.scope", ""}, {"payload.tcp.bind", ""}, {"monitor", ""}})->is_wanted());
  CHECK_FALSE(read({{"monitor", "off"}})->is_wanted());
}

TEST_CASE("scope words add up, however they are parted") {
  constexpr std::uint64_t both = scope_abstract_unix_socket | scope_signal;
  CHECK(read({{"payload.scope", "abstract-unix-socket signal"}})->payload.scoped == both);
  CHECK(read({{"payload.scope", "signal,abstract-unix-socket"}})->payload.scoped == both);
  CHECK(read({{"payload.scope", "signal"}, {"payload.scope", "abstract-unix-socket"}})->payload.scoped == both);
  CHECK(read({{"payload.scope", "signal"}})->payload.scoped == scope_signal);
}

TEST_CASE("each port list handles its own right; none is an empty list, not a missing one") {
  const Fences fences = read({{"payload.tcp.bind", "80 443"}, {"payload.tcp.bind", "0"}}).value();
  CHECK(fences.payload.handled_net == net_bind_tcp);
  CHECK(fences.payload.bind_ports == std::vector<std::uint16_t>{80, 443, 0});
  const Fences closed = read({{"payload.tcp.connect", "none"}}).value();
  CHECK(closed.payload.handled_net == net_connect_tcp);
  CHECK(closed.payload.connect_ports.empty());
}

TEST_CASE("what means nothing is refused with its key and word") {
  CHECK(refusal({{"payload.scope", "signals"}}) == "payload.scope: 'signals' means nothing here");
  CHECK(refusal({{"payload.tcp.bind", "http"}}) == "payload.tcp.bind: 'http' means nothing here");
  CHECK(refusal({{"payload.tcp.bind", "65536"}}) == "payload.tcp.bind: '65536' means nothing here");
  CHECK(refusal({{"payload.tcp.connect", "-1"}}) == "payload.tcp.connect: '-1' means nothing here");
  CHECK(refusal({{"payload.tcp.connect", "none 80"}}) == "payload.tcp.connect: 'none' means nothing here");
  CHECK(refusal({{"monitor", "maybe"}}) == "monitor: 'maybe' means nothing here");
  CHECK(refusal({{"monitor", "on"}, {"monitor.write", "var"}}) == "monitor.write: 'var' is not an absolute path");
  CHECK(refusal({{"monitor.write", "/var"}}) == "monitor.write is set, but the monitor has no fence");
}

TEST_CASE("what the kernel's ABI lacks is refused by key, with both numbers") {
  CHECK(abi_refusal({{"payload.scope", "signal"}}, 5) == "payload.scope needs Landlock ABI 6; this kernel has ABI 5");
  CHECK(abi_refusal({{"payload.scope", "signal"}}, 6) == "accepted");
  CHECK(abi_refusal({{"payload.tcp.bind", "80"}}, 3) == "payload.tcp.bind needs Landlock ABI 4; this kernel has ABI 3");
  CHECK(abi_refusal({{"payload.tcp.connect", "none"}}, 3) == "payload.tcp.connect needs Landlock ABI 4; this kernel has ABI 3");
  CHECK(abi_refusal({{"payload.tcp.connect", "none"}}, 4) == "accepted");
  CHECK(abi_refusal({{"monitor", "on"}}, 1) == "monitor needs Landlock ABI 2; this kernel has ABI 1");
  CHECK(abi_refusal({{"monitor", "on"}}, 0) == "monitor needs Landlock ABI 2; this kernel has none, or it is turned off");
  CHECK(abi_refusal({}, 0) == "accepted");
}

TEST_CASE("an old kernel is asked for the rights it knows") {
  CHECK((writing_rights(2) & fs_truncate) == 0);
  CHECK((writing_rights(3) & fs_truncate) != 0);
  CHECK((writing_rights(1) & fs_refer) == 0);
}
