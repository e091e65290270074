// SPDX-License-Identifier: Apache-2.0
// A network namespace with nothing but its loopback device.
#include "lxcx/plugin.hpp"
#include "net-common/inside.hpp"
#include "net-common/no_device.hpp"
#include "net-common/settings.hpp"

namespace {

using namespace lxcx;
using namespace lxcx::net;

class Empty : public Network {
 public:
  Result<void> validate(Call& call, const Nic& nic) override {
    const std::string_view name = call.setting("name");
    if (!name.empty() && name != "lo")
      return fail(Code::config, key_of(nic, "name") + ": the type empty has one device, lo, which cannot be called '" + std::string(name) + "'",
                  "drop the key, or choose a type that makes a device");
    LXCX_CHECK(read_up(call, nic));
    warn_of_idle_keys(call, nic);
    return {};
  }
  Result<void> connect(Call& call, const Nic& nic) override {
    LXCX_TRY(is_up, read_up(call, nic));
    if (is_up) {
      LXCX_TRY(inside, Netlink::open_in(nic.netns_fd));
      LXCX_CHECK(bring_up_loopback(inside));
    }
    call.result("name", "lo");
    return {};
  }
  Result<void> disconnect(Call&, const Nic&) override { return {}; }
};

}  // namespace

LXCX_PLUGIN(network, Empty, "empty", LXCX_PLUGIN_VERSION, "A network namespace with nothing but loopback", "Apache-2.0");
