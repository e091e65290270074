// SPDX-License-Identifier: Apache-2.0
// Everything a configuration's author controls has an end.
#pragma once
#include <cstddef>

namespace lxcx::core::limits {

constexpr std::size_t file_bytes = 1U << 20U;    ///< one file
constexpr std::size_t total_bytes = 16U << 20U;  ///< with all it includes
constexpr std::size_t files = 1000;              ///< read in all
constexpr std::size_t include_depth = 32;
constexpr std::size_t sub_key_bytes = 255;  ///< as LXC's
constexpr std::size_t diagnostics = 500;
constexpr std::size_t shown_line_bytes = 4096;  ///< of a line, kept for its diagnostic

}  // namespace lxcx::core::limits
