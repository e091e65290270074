// SPDX-License-Identifier: Apache-2.0
// The lxc.net.N.hwaddr lines of a configuration's text. Pure but for the random digits.
#pragma once
#include <string>

namespace lxcx::core {

/// Each x gets its digit once and for all, as lxc-create has it: what is left to the start differs from one to the next.
std::string with_hardware_addresses(const std::string& text);

/// The same, and each address that is whole keeps its first half, the maker's, and gets another second one.
std::string with_other_hardware_addresses(const std::string& text);

}  // namespace lxcx::core
