// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/command.hpp"

namespace lxcx::host {

std::string synopsis(const Command& command);  ///< "lxcx start [options] NAME [-- CMD…]"
std::string option_heading(const Option& option);  ///< "-d, --daemon", "    --format=FORMAT"
std::string command_help(const Command& command);
std::string general_help();

}  // namespace lxcx::host
