// SPDX-License-Identifier: Apache-2.0
// What must hold before a verb is called: versions, and that manifest and library speak of the same plugin.
#pragma once
#include <string>

#include "core/plugin/manifest.hpp"
#include "lxcx/abi.h"

namespace lxcx::core {

/// "1.0" against ours: the major equal, the minor no newer. `who` names the file. Errors: plugin, saying which side to change.
Result<void> check_abi(unsigned major, unsigned minor, const std::string& who);
Result<void> check_abi(const Manifest& manifest);  ///< before its library is loaded

/// Sizes, versions, texts and the kind's table, on its own. Errors: plugin.
Result<void> check_descriptor(const lxcx_plugin_descriptor& descriptor, const std::string& library);

/// Names every field that differs, with what the manifest says and what the library says.
Result<void> check_agreement(const Manifest& manifest, const lxcx_plugin_descriptor& descriptor);

/// The event names that manifests use, by lxcx_event_id.
std::uint64_t event_bits(const std::vector<std::string>& names, std::vector<std::string>& unknown);

}  // namespace lxcx::core
