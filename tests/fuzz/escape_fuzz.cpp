// SPDX-License-Identifier: Apache-2.0
// Anything typed at a console, the first byte being the escape's prefix: however it is cut into reads, the same goes through.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/monitor/escape_filter.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const char prefix = static_cast<char>(data[0]);
  const std::string_view typed(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t portion = data[1] % 7U + 1;

  lxcx::core::EscapeFilter at_once(prefix), cut(prefix);
  std::string whole, pieces;
  const bool leaves = at_once.feed(typed, whole);
  bool cut_leaves = false;
  for (std::size_t at = 0; at < typed.size() && !cut_leaves; at += portion) cut_leaves = cut.feed(typed.substr(at, portion), pieces);
  require(leaves == cut_leaves);
  if (!leaves) {
    at_once.finish(whole);
    cut.finish(pieces);
  }
  require(whole == pieces && whole.size() <= typed.size());
  if (prefix == '\0') require(!leaves && whole == typed);
  return 0;
}
