// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace lxcx::host {

/// Text that is safe to show on a terminal, whoever wrote it: control characters (C0, DEL, C1), invalid UTF-8 and the bidirectional overrides
/// (CVE-2021-42574) become \xNN, \n, … Tabs stay; newlines stay where `lines` says that the text has several.
std::string printable(std::string_view text, bool lines = false);

/// Characters, not bytes; what a column of a table is measured in.
std::size_t width(std::string_view text);

}  // namespace lxcx::host
