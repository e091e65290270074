// SPDX-License-Identifier: Apache-2.0
// What stands beside criu's images, criu's log, and a table of mounts: what is read is written and read again as the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/checkpoint/image.hpp"
#include "core/checkpoint/mount_table.hpp"
#include "core/criu/criu.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lxcx::core;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (const auto facts = parse_facts(text)) {
    const std::string printed = print(*facts);
    const auto again = parse_facts(printed);
    require(again && print(*again) == printed);
    for (const TerminalFact& terminal : facts->terminals) require(mount_key(terminal, 1) != mount_key(terminal, 0));
  }
  require(error_lines(text, 3).size() <= 3);
  const auto mounts = parse_mountinfo(text);
  const auto outside = outside_mounts(mounts);
  require(outside.size() <= mounts.size());
  for (const MountLine& mount : outside) (void)places_outside(mount, mounts);
  return 0;
}
