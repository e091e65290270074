// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/command.hpp"

namespace lxcx::host {

/// "lxcx start [options] NAME [-- CMD…]", or with another name in place of the first two words.
std::string synopsis(const Command& command, std::string_view called = {});
std::string option_heading(const Option& option);  ///< "-d, --daemon", "    --format=FORMAT"
std::string command_help(const Command& command, std::string_view called = {});
std::string general_help();

}  // namespace lxcx::host
