// SPDX-License-Identifier: Apache-2.0
// Configuration text is a stranger's: it is shown so that no byte of it can drive a terminal or pass for something it is not.
#pragma once
#include <string>
#include <string_view>

namespace lxcx::core {

/// The text on one line, safe for a terminal: control bytes and broken UTF-8 as \xNN, invisible and reordering characters as \u{NNNN}.
/// Tabs become one space.
std::string printable(std::string_view text);

/// 'text', printable and cut to about `limit` bytes; for messages.
std::string shown(std::string_view text, std::size_t limit = 60);

}  // namespace lxcx::core
