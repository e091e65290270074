// SPDX-License-Identifier: Apache-2.0
#include "core/attach/environment.hpp"

#include <algorithm>

namespace lxcx::core {
namespace {

constexpr std::string_view default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string_view name_of(std::string_view line) { return line.substr(0, line.find('=')); }

void set(std::vector<std::string>& lines, std::string line) {
  const auto present = std::find_if(lines.begin(), lines.end(), [&](const std::string& one) { return name_of(one) == name_of(line); });
  if (present != lines.end())
    *present = std::move(line);
  else
    lines.push_back(std::move(line));
}

bool has(const std::vector<std::string>& lines, std::string_view name) {
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return name_of(line) == name; });
}

}  // namespace

Result<std::vector<std::string>> command_environment(const EnterOptions& options, const ContainerConfig& config, char* const* caller) {
  std::vector<std::string> lines;
  for (; caller && *caller; ++caller) {
    const std::string_view line = *caller;
    const bool is_kept = !options.clear_environment || std::find(options.keep.begin(), options.keep.end(), name_of(line)) != options.keep.end();
    if (is_kept) lines.emplace_back(line);
  }
  if (options.clear_environment && !has(lines, "PATH")) set(lines, "PATH=" + std::string(default_path));
  set(lines, "container=lxc");
  for (const Setting& setting : config.environment) set(lines, setting.key + "=" + setting.value);
  for (const Setting& setting : config.environment_runtime) set(lines, setting.key + "=" + setting.value);
  for (const std::string& line : options.set) {
    if (line.find('=') == std::string::npos || line.front() == '=' || line.find('\0') != std::string::npos)
      return fail(Code::usage, "'" + line + "' sets no variable", "write NAME=value");
    set(lines, line);
  }
  return lines;
}

}  // namespace lxcx::core
