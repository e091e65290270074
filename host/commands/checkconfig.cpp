// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "host/commands/commands.hpp"
#include "host/json.hpp"
#include "host/lxc_names.hpp"
#include "host/printable.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

using core::KernelFeature;
using State = KernelFeature::State;

std::string coloured(bool is_terminal, State state) {
  std::string word(feature_state_name(state));
  if (!is_terminal) return word;
  const char* colour = state == State::enabled ? "\033[1;32m" : (state == State::missing ? "\033[1;33m" : "\033[1;31m");
  return colour + word + "\033[0;39m";
}

std::string mounts_text(const char* version, const std::vector<std::string>& mounts) {
  std::string out = std::string("Cgroup ") + version + " mount points: \n";
  for (const std::string& mount : mounts) out += " - " + printable(mount) + '\n';
  return out;
}

/// What lxc-checkconfig prints, line by line.
std::string text_of(const core::KernelCheck& check, bool is_terminal) {
  std::string out, section;
  for (const KernelFeature& feature : check.features) {
    if (feature.section != section) out += "\n--- " + feature.section + " ---\n";
    section = feature.section;
    out += feature.name + ": " + coloured(is_terminal, feature.state);
    if (feature.loaded) out += *feature.loaded ? ", loaded" : ", not loaded";
    out += '\n';
    if (feature.name == "User namespace")
      for (const std::string& warning : check.warnings) out += warning + '\n';
    if (feature.name == "Cgroup namespace") out += mounts_text("v1", check.cgroup_v1_mounts) + mounts_text("v2", check.cgroup_v2_mounts);
  }
  return out + '\n';
}

Result<int> run(Session& session, const Arguments&) {
  const char* file = std::getenv("CONFIG");
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(check, runtime->check_kernel_config(file != nullptr ? file : ""));
  if (session.wants_json()) {
    session.out().print(json_of(check));
    return 0;
  }
  const std::string head = session.is_lxc_tool() ? "LXC version " + std::string(lxc_version) : "Kernel configuration: " + printable(check.file);
  session.out().print(head + '\n' + text_of(check, session.out().is_terminal(1)));
  return 0;
}

}  // namespace

constinit const Command checkconfig{
    .name = "checkconfig",
    .summary = "Show what containers use of the kernel's configuration",
    .operands = "",
    .takes = Operands::none,
    .run = run,
};

}  // namespace lxcx::host::commands
