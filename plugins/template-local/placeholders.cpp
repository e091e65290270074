// SPDX-License-Identifier: Apache-2.0
#include "placeholders.hpp"

namespace lxcx::local {

Placeholders::Placeholders(const Build& build)
    : values_{{{"LXC_NAME", std::string(build.container)},
               {"LXC_PATH", std::string(build.directory)},
               {"LXC_ROOTFS", std::string(build.rootfs)},
               {"LXC_TEMPLATE_CONFIG", std::string(config_directory)},
               {"LXC_HOOK_DIR", std::string(hook_directory)}}} {}

std::string Placeholders::replace(std::string_view text) const {
  std::string replaced;
  while (!text.empty()) {
    const auto start = text.find("LXC_");
    replaced += text.substr(0, start);
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    std::size_t used = 4;
    std::string_view value = "LXC_";
    for (const auto& [name, its_value] : values_)
      if (text.starts_with(name)) {
        used = name.size();
        value = its_value;
      }
    replaced += value;
    text.remove_prefix(used);
  }
  return replaced;
}

}  // namespace lxcx::local
