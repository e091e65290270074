// SPDX-License-Identifier: Apache-2.0
// Any text as an image's configuration and as its fstab: a line passes or is refused with its own words; placeholders are replaced once. What
// passes runs nothing on the host, however it is spelt.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "plugins/template-local/image_config.hpp"
#include "plugins/template-local/placeholders.hpp"

namespace {

using namespace lxcx;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_refusal(const Result<void>& checked) {
  if (!checked) require(checked.error().code == Code::config && !checked.error().message.empty() && !checked.error().hint.empty());
}

void check_line(std::string_view line) {
  const Result<void> config = local::check_config_line(line);
  check_refusal(config);
  check_refusal(local::check_mount_line(line));
  if (config && line.starts_with("lxc.hook.start-host=")) {
    const std::string_view value = line.substr(line.find('=') + 1);
    const std::size_t begin = value.find_first_not_of(" \t\"'");
    require(begin == value.npos || value.substr(begin).starts_with(local::hook_directory));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Build build{"web", "/var/lib/lxc/web", "/var/lib/lxc/web/rootfs", "/var/lib/lxc/web/config", {}, {}};
  const std::string text = local::Placeholders(build).replace({reinterpret_cast<const char*>(data), size});
  std::string_view rest(text);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    check_line(rest.substr(0, end));
    if (end == rest.npos) break;
    rest.remove_prefix(end + 1);
  }
  return 0;
}
