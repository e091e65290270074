// SPDX-License-Identifier: Apache-2.0
#include "host/docgen/completion.hpp"

#include <algorithm>

namespace lxcx::host {

WordSource word_source(Completes what) {
  switch (what) {
    case Completes::container: return {{}, "ls -1"};
    case Completes::template_: return {"none", "plugin list template -1"};
    case Completes::storage: return {"best", "plugin list storage -1"};
    case Completes::network: return {{}, "plugin list network -1"};
    case Completes::security: return {{}, "plugin list security -1"};
    case Completes::hook: return {{}, "plugin list hook -1"};
    case Completes::plugin: return {{}, "plugin list -1"};
    case Completes::kind: return {"storage network template security hook", {}};
    case Completes::state: return {"STOPPED STARTING RUNNING STOPPING ABORTING FREEZING FROZEN THAWED", {}};
    case Completes::level: return {"trace debug info notice warn error crit alert fatal", {}};
    case Completes::format: return {"text json", {}};
    case Completes::namespace_: return {"MOUNT PID UTSNAME IPC USER NETWORK CGROUP TIME", {}};
    case Completes::column: return {"NAME STATE PID RAM SWAP AUTOSTART GROUPS INTERFACE IPV4 IPV6 UNPRIVILEGED", {}};
    case Completes::verb:
    case Completes::nothing:
    case Completes::file:
    case Completes::directory: return {};
  }
  return {};
}

std::string_view brief(std::string_view help) {
  const std::string_view sentence = help.substr(0, std::min(help.find(". "), help.find("; ")));
  return sentence.ends_with('.') ? sentence.substr(0, sentence.size() - 1) : sentence;
}

Result<std::string> completion(std::string_view shell) {
  if (shell == "bash") return bash_completion();
  if (shell == "zsh") return zsh_completion();
  if (shell == "fish") return fish_completion();
  return fail(Code::usage, "there is no completion for '" + std::string(shell) + "'");
}

}  // namespace lxcx::host
