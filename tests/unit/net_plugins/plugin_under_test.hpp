// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <string>

#include "fake_call.hpp"
#include "lxcx/plugin.hpp"

namespace lxcx::test {

/// A network plugin, loaded from its shared object and called through its C table; never unloaded, like in lxcx itself.
class PluginUnderTest {
 public:
  explicit PluginUnderTest(const char* library) {
    void* handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) FAIL(::dlerror());
    descriptor_ = static_cast<const lxcx_plugin_descriptor*>(::dlsym(handle, "lxcx_plugin"));
    REQUIRE(descriptor_);
    REQUIRE(std::string(descriptor_->kind) == "network");
    ops_ = static_cast<const lxcx_network_ops*>(descriptor_->ops);
  }

  Result<void> validate(FakeCall& call) const { return run(ops_->validate, call, -1); }
  Result<void> connect(FakeCall& call, int netns_fd) const { return run(ops_->connect, call, netns_fd); }
  Result<void> disconnect(FakeCall& call, int netns_fd) const { return run(ops_->disconnect, call, netns_fd); }
  Result<NicStatistics> statistics(FakeCall& call, int netns_fd) const {
    REQUIRE(ops_->statistics);
    lxcx_nic_statistics counted{sizeof counted, 0, 0, 0};
    const lxcx_nic nic = nic_for(netns_fd);
    if (ops_->statistics(&call, &nic, &counted) != LXCX_OK) return std::unexpected(call.error);
    return NicStatistics{counted.rx_bytes, counted.tx_bytes};
  }

 private:
  lxcx_nic nic_for(int netns_fd) const { return {sizeof(lxcx_nic), 0, lower("web"), lower(descriptor_->name), netns_fd, 0}; }
  Result<void> run(lxcx_code (*verb)(lxcx_call*, const lxcx_nic*), FakeCall& call, int netns_fd) const {
    const lxcx_nic nic = nic_for(netns_fd);
    if (verb(&call, &nic) != LXCX_OK) return std::unexpected(call.error);
    return {};
  }

  const lxcx_plugin_descriptor* descriptor_ = nullptr;
  const lxcx_network_ops* ops_ = nullptr;
};

}  // namespace lxcx::test

/// A verb that must succeed; shows the plugin's own words when it does not.
#define REQUIRE_OK(expression)                                                                                                   \
  do {                                                                                                                           \
    const auto result_ = (expression);                                                                                           \
    if (!result_) FAIL(result_.error().message << " errno " << result_.error().sys_errno << "; hint: " << result_.error().hint); \
  } while (false)
