// SPDX-License-Identifier: Apache-2.0
#include "command.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

namespace lxcx::script {
namespace {

std::string_view variable_of(std::string_view line) { return line.substr(0, line.find('=')); }

/// Ours, with the event's variables put over it.
std::vector<std::string> merged_environment(const Event& event) {
  std::vector<std::string> ours;
  const auto set = [&ours](std::string line) {
    std::erase_if(ours, [&](const std::string& other) { return variable_of(other) == variable_of(line); });
    ours.push_back(std::move(line));
  };
  for (char** line = environ; line != nullptr && *line != nullptr; ++line) ours.emplace_back(*line);
  for (const std::string_view line : event.environment) set(std::string(line));
  if (event.hook_version != 0) {
    set("LXC_HOOK_TYPE=" + std::string(event.name));
    set("LXC_HOOK_SECTION=" + std::string(event.section));
  }
  return ours;
}

}  // namespace

std::string setting_of(const Event& event) { return (event.section == "net" ? "lxc.net.script." : "lxc.hook.") + std::string(event.name); }

std::string name_of(const Event& event, std::size_t index, std::size_t count) {
  if (event.section == "net") return "lxc.net." + std::to_string(event.nic_index) + ".script." + std::string(event.name);
  const std::string key = "lxc.hook." + std::string(event.name);
  return count == 1 ? key : key + " (" + std::to_string(index + 1) + " of " + std::to_string(count) + ")";
}

Command make_command(const Event& event, const std::string& text) {
  Command command{text, {}, merged_environment(event)};
  if (event.hook_version == 0) command.args = {std::string(event.container), std::string(event.section), std::string(event.name)};
  command.args.insert(command.args.end(), event.args.begin(), event.args.end());
  return command;
}

std::optional<std::string> program_of(const std::string& text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string::npos || text[start] != '/') return std::nullopt;
  const std::size_t end = text.find_first_of(" \t", start);
  std::string word = text.substr(start, end == std::string::npos ? end : end - start);
  if (word.find_first_of("\"'\\$`*?[]{}()<>|&;#~!=\n") != std::string::npos) return std::nullopt;
  return word;
}

std::string describe_status(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = sigdescr_np(WTERMSIG(status));
    return "was killed by signal " + std::to_string(WTERMSIG(status)) + (name ? " (" + std::string(name) + ")" : "");
  }
  return WEXITSTATUS(status) == 0 ? "" : "exited with status " + std::to_string(WEXITSTATUS(status));
}

std::string hint_for(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) return "the seccomp policy kills for a system call that it makes";
  if (WIFEXITED(status) && WEXITSTATUS(status) == 126) return "126 from a shell: the program was found but cannot be executed";
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return "127 from a shell: the program was not found";
  if (WIFEXITED(status)) return "what it said stands above, if anything; mend what it complains of, or take the hook out";
  return {};
}

}  // namespace lxcx::script
