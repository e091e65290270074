// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: files in memory, and short questions about what came of them.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/config/parse.hpp"

namespace lxcx::test {

/// Files by path; a path that ends in '/' makes an empty directory. One host variable: TERM is "xterm".
core::ConfigSource files(std::map<std::string, std::string> contents);

core::ParsedConfig parse(std::string_view text, std::map<std::string, std::string> contents = {});

/// The configuration, which must have come without an error.
core::ContainerConfig good(std::string_view text);

/// The errors (not the warnings), as "line:column message"; so many lines as errors.
std::vector<std::string> errors(const core::ParsedConfig& parsed);
std::vector<std::string> warnings(const core::ParsedConfig& parsed);

/// All of them formatted, one after the other.
std::string formatted(const core::ParsedConfig& parsed);

}  // namespace lxcx::test
