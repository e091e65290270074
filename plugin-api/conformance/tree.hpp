// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace lxcx::conformance {

/// One line for each file below `directory`, sorted: path, type, mode, owner, and a regular file's size and a link's target. Directories'
/// own times are not compared.
std::vector<std::string> tree_of(const std::string& directory);
/// The first line that only one of them has, with a sign in front; empty when they are equal.
std::string first_difference(const std::vector<std::string>& before, const std::vector<std::string>& after);
bool write_file(const std::string& path, const std::string& text);
std::string read_file_text(const std::string& path);

}  // namespace lxcx::conformance
