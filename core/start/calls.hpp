// SPDX-License-Identifier: Apache-2.0
// How a container's plugins are called: which settings each is shown, where its records go, what it is told.
#pragma once
#include <string>
#include <string_view>

#include "core/plugin/host_call.hpp"
#include "core/start/context.hpp"

namespace lxcx::core {

/// What a storage plugin of that name is shown: the configuration's lxcx.storage.NAME.*, then lxc.conf's. Of two of a name it sees the first.
std::vector<Setting> storage_settings(const Host& host, const ContainerConfig& config, const std::string& name);

HostCall::Inputs storage_call(const StartContext& context, RecordStore* records);
HostCall::Inputs nic_call(const StartContext& context, const NicConfig& nic, RecordStore* records);
HostCall::Inputs security_call(const StartContext& context, const std::string& name, RecordStore* records);
HostCall::Inputs hook_call(const StartContext& context, const std::string& name, const NicConfig* nic);

Volume volume(const StartContext& context, const std::string& directory);
Confinement confinement(const StartContext& context);
std::string nic_text(const NicConfig& nic);         ///< "lxc.net.0 (veth)"
bool is_known_nic_key(std::string_view sub_key);    ///< one of LXC's own lxc.net.N sub-keys
std::uint64_t event_mask(const std::vector<std::string>& names);
std::string_view event_name(lxcx_event_id id);      ///< as manifests have it: "pre-start", …, "net-up"

/// The plugin for a source written without TYPE:.
Result<std::string> detect_storage(Host& host, const std::string& source);

}  // namespace lxcx::core
