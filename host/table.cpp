// SPDX-License-Identifier: Apache-2.0
#include "host/table.hpp"

#include <algorithm>

#include "host/printable.hpp"

namespace lxcx::host {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::vector<std::size_t> column_widths(const Rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    if (row.size() > widths.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  return widths;
}

std::string format(Rows rows, std::size_t gap, bool pad_last) {
  for (auto& row : rows)
    for (std::string& cell : row) cell = printable(cell);
  const std::vector<std::size_t> widths = column_widths(rows);
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (pad_last || i + 1 < row.size()) out.append(widths[i] - width(row[i]) + gap, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace

std::string format_table(const Rows& rows) { return format(rows, 1, true); }
std::string format_ragged_table(const Rows& rows, std::size_t gap) { return format(rows, gap, false); }

}  // namespace lxcx::host
