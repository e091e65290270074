// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/proxies.hpp"

namespace lxcx::core {

namespace {

using Ops = lxcx_network_ops;

lxcx_nic lower_nic(const Nic& nic) {
  lxcx_nic n{};
  n.size = sizeof n;
  n.index = nic.index;
  n.container = lower(nic.container);
  n.type = lower(nic.type);
  n.netns_fd = nic.netns_fd;
  return n;
}

class NetworkProxy : public Network {
 public:
  explicit NetworkProxy(const Ops& ops) : ops_(ops) {}
  Result<void> validate(Call& call, const Nic& nic) override { return run(ops_.validate, call, nic); }
  Result<void> connect(Call& call, const Nic& nic) override { return run(ops_.connect, call, nic); }
  Result<void> disconnect(Call& call, const Nic& nic) override { return run(ops_.disconnect, call, nic); }

 protected:
  const Ops& ops_;

 private:
  static Result<void> run(lxcx_code (*verb)(lxcx_call*, const lxcx_nic*), Call& call, const Nic& nic) {
    const lxcx_nic n = lower_nic(nic);
    return HostCall::of(call).outcome(verb(call.raw(), &n));
  }
};

class CountingNetworkProxy final : public NetworkProxy, public CountsTraffic {
 public:
  using NetworkProxy::NetworkProxy;
  Result<NicStatistics> statistics(Call& call, const Nic& nic) override {
    const lxcx_nic n = lower_nic(nic);
    lxcx_nic_statistics counted{};
    counted.size = sizeof counted;
    LXCX_CHECK(HostCall::of(call).outcome(ops_.statistics(call.raw(), &n, &counted)));
    return NicStatistics{counted.rx_bytes, counted.tx_bytes};
  }
};

}  // namespace

std::unique_ptr<Network> make_proxy(const lxcx_network_ops& ops) {
  if (has_verb(ops, &Ops::statistics)) return std::make_unique<CountingNetworkProxy>(ops);
  return std::make_unique<NetworkProxy>(ops);
}

std::vector<std::string_view> missing_verbs(const lxcx_network_ops& ops) {
  std::vector<std::string_view> missing;
  if (!has_verb(ops, &Ops::validate)) missing.emplace_back("validate");
  if (!has_verb(ops, &Ops::connect)) missing.emplace_back("connect");
  if (!has_verb(ops, &Ops::disconnect)) missing.emplace_back("disconnect");
  return missing;
}

}  // namespace lxcx::core
