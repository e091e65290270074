// SPDX-License-Identifier: Apache-2.0
// N-n: a network plugin between a lab host and lab containers.
#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "core/plugin/capabilities.hpp"
#include "crash.hpp"
#include "network_lab.hpp"
#include "subject.hpp"
#include "tree.hpp"

namespace lxcx::conformance {

namespace {

/// One network device of one container.
class NetworkBench {
 public:
  explicit NetworkBench(Subject& subject) : subject_(subject), network_(core::make_proxy(subject.table<lxcx_network_ops>())) {}

  Checked open(std::uint32_t index = 0) {
    LXCX_CHECK(worked(subject_, make_lab(), "make the lab"));
    return renew(index);
  }
  /// A new container; the lab stays.
  Checked renew(std::uint32_t index = 0) {
    LXCX_TRY(netns, worked(subject_, make_netns(), "make a network namespace"));
    netns_ = std::move(netns);
    index_ = index;
    return {};
  }
  void drop_netns() { netns_.reset(); }
  int netns() const { return netns_.get(); }
  Network& network() { return *network_; }
  Nic nic(std::uint32_t index) const { return {"lxcx-check", subject_.descriptor->name, index, netns_.get()}; }

  /// flags=up unless something else was given, so that there is something to see.
  std::vector<core::Setting> changes(std::vector<core::Setting> more = {}) const {
    if (subject_.declares("flags") && !subject_.is_given("flags") && !has_no_device()) more.push_back({"flags", "up", {}});
    return more;
  }
  bool has_no_device() const { return subject_.has("no-device"); }

  Result<void> validate(std::vector<core::Setting> more = {}) {
    return run_verb(subject_, "validate", {nullptr, changes(std::move(more))}, [&](Call& call, core::HostCall&) {
      Nic one = nic(index_);
      one.netns_fd = -1;
      return network_->validate(call, one);
    });
  }
  struct Connected {
    std::string name, host_name;
  };
  Result<Connected> connect(Journal* journal, std::vector<core::Setting> more = {}) { return connect(journal, index_, std::move(more)); }
  Result<Connected> connect(Journal* journal, std::uint32_t index, std::vector<core::Setting> more) {
    return run_verb(subject_, "connect", {journal, changes(std::move(more))}, [&](Call& call, core::HostCall& host) -> Result<Connected> {
      LXCX_CHECK(network_->connect(call, nic(index)));
      return Connected{std::string(host.result("name")), std::string(host.result("host_name"))};
    });
  }
  Result<void> disconnect(Journal* journal) { return disconnect(journal, index_); }
  Result<void> disconnect(Journal* journal, std::uint32_t index) {
    return run_verb(subject_, "disconnect", {journal, changes()},
                    [&](Call& call, core::HostCall&) { return network_->disconnect(call, nic(index)); });
  }
  /// The kernel dismantles a namespace that nobody holds, and the far ends of its veth pairs, in its own time.
  Checked nothing_left(const std::vector<std::string>& before, const std::string& when) const {
    std::string difference = first_difference(before, host_network());
    for (int i = 0; i < 40 && !netns_ && !difference.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      difference = first_difference(before, host_network());
    }
    return ensure(difference.empty(), when + ": the host's network differs: " + difference);
  }
  Expected<std::vector<Interface>> inside() const { return worked(subject_, interfaces_of(netns_.get()), "look into the container"); }

 private:
  Subject& subject_;
  std::unique_ptr<Network> network_;
  core::UniqueFd netns_;
  std::uint32_t index_ = 0;
};

Checked validates(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  const auto before = host_network();
  LXCX_CHECK(worked(subject, bench.validate(), "validate of the given settings"));
  LXCX_CHECK(worked(subject, bench.validate(), "a second validate"));
  return bench.nothing_left(before, "after validate");
}

Checked refuses_what_cannot_work(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  if (bench.has_no_device()) return skipped("\"no-device\": its settings have no effect");
  const auto before = host_network();
  bool asked = false;
  for (const core::SettingSchema& setting : subject.manifest->settings) {
    std::string bad;
    if (setting.type == "integer") bad = "lxcx-no-number";
    if (setting.name == "link") bad = "lxcx-none0";
    if (setting.name == "name") bad = "a/b";
    if (setting.name == "hwaddr") bad = "zz:00:00:00:00:00";
    if (setting.name == "ipv4.address") bad = "10.0.0.1/99";
    if (setting.name == "ipv6.address") bad = "fd00::g/64";
    if (setting.name.ends_with(".mode")) bad = "lxcx-no-such-mode";
    if (bad.empty()) continue;
    asked = true;
    LXCX_CHECK(ensure(!bench.validate({{setting.name, bad, {}}}), "validate accepts " + setting.name + " = " + bad));
  }
  if (!asked) return skipped("it declares no setting with a value that is wrong for certain");
  return bench.nothing_left(before, "after the refusals");
}

Checked connects(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  if (bench.has_no_device()) return skipped("\"no-device\": there is none to look for");
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(connected, worked(subject, bench.connect(&journal), "connect"));
  LXCX_CHECK(ensure(!connected.name.empty(), "connect emits no \"name\""));
  LXCX_TRY(interfaces, bench.inside());
  const auto device = std::ranges::find(interfaces, connected.name, &Interface::name);
  LXCX_CHECK(ensure(device != interfaces.end(), "there is no device '" + connected.name + "' in the container"));
  for (const core::Setting& each : subject.options.settings) {
    if (each.key == "name") LXCX_CHECK(ensure(connected.name == each.value, "the device is called '" + connected.name + "'"));
    if (each.key != "ipv4.address" && each.key != "ipv6.address") continue;
    const std::string address = each.value.substr(0, each.value.find_first_of("/ "));
    LXCX_CHECK(ensure(device->addresses.contains(address), "the device lacks the address " + address));
  }
  if (subject.declares("flags") && !subject.is_given("flags")) LXCX_CHECK(ensure(device->is_up, "flags = up, but the device is down"));
  if (!connected.host_name.empty()) {
    LXCX_TRY(host, worked(subject, interfaces_of(-1), "look at the host"));
    LXCX_CHECK(ensure(std::ranges::find(host, connected.host_name, &Interface::name) != host.end(),
                      "there is no device '" + connected.host_name + "' on the host"));
  }
  return worked(subject, bench.disconnect(&journal), "disconnect");
}

Checked disconnects(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  const auto before = host_network();
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(inside_before, bench.inside());
  LXCX_CHECK(worked(subject, bench.connect(&journal), "connect"));
  LXCX_CHECK(worked(subject, bench.disconnect(&journal), "disconnect"));
  LXCX_CHECK(bench.nothing_left(before, "after disconnect"));
  LXCX_TRY(inside_after, bench.inside());
  LXCX_CHECK(ensure(inside_after.size() == inside_before.size(), "after disconnect: " + inside_after.back().name + " is still in the container"));
  LXCX_CHECK(worked(subject, bench.disconnect(&journal), "a second disconnect"));
  return bench.nothing_left(before, "after the second disconnect");
}

Checked disconnects_without_namespace(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  const auto before = host_network();
  Journal journal(subject.scratch + "/journal");
  LXCX_CHECK(worked(subject, bench.connect(&journal), "connect"));
  bench.drop_netns();
  LXCX_CHECK(worked(subject, bench.disconnect(&journal), "disconnect after the namespace has gone"));
  return bench.nothing_left(before, "after disconnect");
}

Checked failed_connect_leaves_nothing(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  if (bench.has_no_device() || !subject.declares("name")) return skipped("it has no setting \"name\", so connect could not be made to fail");
  const auto before = host_network();
  Journal journal(subject.scratch + "/journal");
  const auto connected = bench.connect(&journal, {{"name", "lo", {}}});
  LXCX_CHECK(ensure(!connected, "name = lo: connect claims to have made a second loopback device"));
  LXCX_CHECK(bench.nothing_left(before, "after the failed connect"));
  LXCX_TRY(interfaces, bench.inside());
  return ensure(interfaces.size() == 1, "after the failed connect: " + interfaces.back().name + " is in the container");
}

Checked survives_a_kill(Subject& subject, bool netns_is_gone) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  const auto before = host_network();
  const auto act = [&](Journal& journal) { (void)bench.connect(&journal); };
  return kill_at_every_record(subject.scratch, act, [&](Journal& journal, const std::string& when) -> Checked {
    if (netns_is_gone) bench.drop_netns();
    LXCX_CHECK(worked(subject, bench.disconnect(&journal), "disconnect, connect " + when));
    LXCX_CHECK(bench.nothing_left(before, "connect " + when + ", then disconnect"));
    if (netns_is_gone) return bench.renew();
    LXCX_TRY(interfaces, bench.inside());
    return ensure(interfaces.size() == 1, "connect " + when + ", then disconnect: " + interfaces.back().name + " is in the container");
  });
}
Checked survives_a_kill_with_namespace(Subject& subject) { return survives_a_kill(subject, false); }
Checked survives_a_kill_without_namespace(Subject& subject) { return survives_a_kill(subject, true); }

Checked two_devices_do_not_collide(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  if (bench.has_no_device()) return skipped("\"no-device\": there is nothing that could collide");
  if (subject.is_given("name")) return skipped("the given settings fix the device's name");
  const auto before = host_network();
  Journal first_journal(subject.scratch + "/first"), second_journal(subject.scratch + "/second");
  // One address cannot stand on both.
  LXCX_TRY(first, worked(subject, bench.connect(&first_journal, 0, {}), "connect the first"));
  std::vector<core::Setting> other;
  if (subject.is_given("ipv4.address")) other.push_back({"ipv4.address", "10.97.0.77/24", {}});
  if (subject.is_given("ipv6.address")) other.push_back({"ipv6.address", "fd97::77/64", {}});
  LXCX_TRY(second, worked(subject, bench.connect(&second_journal, 1, std::move(other)), "connect the second"));
  LXCX_CHECK(ensure(first.name != second.name, "both devices are called '" + first.name + "'"));
  LXCX_CHECK(worked(subject, bench.disconnect(&first_journal, 0), "disconnect the first"));
  LXCX_TRY(interfaces, bench.inside());
  LXCX_CHECK(
      ensure(std::ranges::find(interfaces, second.name, &Interface::name) != interfaces.end(), "disconnecting the first took the second with it"));
  LXCX_CHECK(worked(subject, bench.disconnect(&second_journal, 1), "disconnect the second"));
  return bench.nothing_left(before, "after both are disconnected");
}

Checked connect_repeats(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  const auto before = host_network();
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(first, worked(subject, bench.connect(&journal), "connect"));
  const auto second = bench.connect(&journal);
  if (second) LXCX_CHECK(ensure(second->name == first.name, "the second connect made another device, '" + second->name + "'"));
  if (!second) LXCX_CHECK(ensure(second.error().code == Code::busy, "the second connect fails, and not as `busy`: " + second.error().message));
  LXCX_CHECK(worked(subject, bench.disconnect(&journal), "disconnect"));
  return bench.nothing_left(before, "after connect, connect, disconnect");
}

Checked counts(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  CountsTraffic* traffic = core::traffic_of(bench.network());
  if (traffic == nullptr) return skipped("the plugin does not have the capability \"statistics\"");
  Journal journal(subject.scratch + "/journal");
  LXCX_CHECK(worked(subject, bench.connect(&journal), "connect"));
  const auto counted =
      run_verb(subject, "statistics", {&journal}, [&](Call& call, core::HostCall&) { return traffic->statistics(call, bench.nic(0)); });
  LXCX_CHECK(worked(subject, counted, "statistics"));
  return worked(subject, bench.disconnect(&journal), "disconnect");
}

Checked honours_cancellation(Subject& subject) {
  NetworkBench bench(subject);
  LXCX_CHECK(bench.open());
  const auto before = host_network();
  Journal journal(subject.scratch + "/journal");
  subject.cancelled = true;
  const auto connected = bench.connect(&journal);
  if (!connected) {
    LXCX_CHECK(
        ensure(connected.error().code == Code::cancelled, "connect of a cancelled call fails, and not as `cancelled`: " + connected.error().message));
    return bench.nothing_left(before, "after the cancelled connect");
  }
  // What undoes must run to its end, cancelled or not.
  LXCX_CHECK(worked(subject, bench.disconnect(&journal), "disconnect of a cancelled call"));
  return bench.nothing_left(before, "after connect and disconnect");
}

constexpr std::array requirements{
    Requirement{"N-1", "validate accepts settings that work, any number of times, and touches nothing.", validates},
    Requirement{"N-2", "connect makes the device appear in the namespace under the name it emits, with the addresses and flags of the settings.",
                connects},
    Requirement{"N-3", "disconnect takes everything back that connect made, inside and outside; a second one is no error.", disconnects},
    Requirement{"N-4", "validate refuses what cannot work, with a hint: a missing link, a malformed address, an unknown mode.",
                refuses_what_cannot_work},
    Requirement{"N-5", "disconnect works when the namespace has gone.", disconnects_without_namespace},
    Requirement{"N-6", "connect that fails leaves nothing behind, inside and outside.", failed_connect_leaves_nothing},
    Requirement{"N-7", "A process killed in connect: disconnect in another one, with the journal, leaves nothing.", survives_a_kill_with_namespace},
    Requirement{"N-8", "The same when the namespace has gone with it.", survives_a_kill_without_namespace},
    Requirement{"N-9", "Two devices of one container do not collide; disconnecting one leaves the other.", two_devices_do_not_collide},
    Requirement{"N-10", "connect repeated makes no second device: it succeeds with the same name, or is `busy`.", connect_repeats},
    Requirement{"N-11", "statistics answers while the device is connected.", counts},
    Requirement{"N-12", "A cancelled connect has finished, or fails as `cancelled` and leaves nothing; disconnect is never given up.",
                honours_cancellation},
};

}  // namespace

std::span<const Requirement> network_requirements() { return requirements; }

}  // namespace lxcx::conformance
