// SPDX-License-Identifier: Apache-2.0
// No network of its own: the container shares the host's namespace. The manifest's "host-namespace" says so to core; nothing is left to do.
#include "lxcx/plugin.hpp"
#include "net-common/no_device.hpp"

namespace {

class None : public lxcx::Network {
 public:
  lxcx::Result<void> validate(lxcx::Call& call, const lxcx::Nic& nic) override {
    lxcx::net::warn_of_idle_keys(call, nic);
    return {};
  }
  lxcx::Result<void> connect(lxcx::Call&, const lxcx::Nic&) override { return {}; }
  lxcx::Result<void> disconnect(lxcx::Call&, const lxcx::Nic&) override { return {}; }
};

}  // namespace

LXCX_PLUGIN(network, None, "none", LXCX_PLUGIN_VERSION, "The host's own network namespace, shared", "Apache-2.0");
