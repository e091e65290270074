// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace lxcx::host {

/// Rows of cells as LXC prints them: each cell padded to its column's widest and followed by one space, the last one too. Cells are made
/// printable, so that no container's text reaches the terminal raw.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

/// The same for people: no padding behind the last cell.
std::string format_ragged_table(const std::vector<std::vector<std::string>>& rows, std::size_t gap = 2);

}  // namespace lxcx::host
