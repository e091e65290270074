// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/session.hpp"
#include "host/table.hpp"

namespace lxcx::host::commands {
namespace {

using core::Health;
using core::HealthCheck;

std::string mend_text(const HealthCheck& check) {
  std::string out = check.name + " (" + std::string(core::health_name(check.health)) + ")";
  if (!check.needed_for.empty()) out += ": " + std::string(check.is_essential ? "needed for " : "for ") + check.needed_for;
  return printable(out + "\n    " + check.mend, true) + '\n';
}

std::string text_of(const core::Diagnosis& diagnosis) {
  std::vector<std::vector<std::string>> rows{{"AREA", "WHAT", "STATE", "DETAIL"}};
  std::string essential, others;
  for (const HealthCheck& check : diagnosis.checks) {
    rows.push_back({check.area, check.name, std::string(core::health_name(check.health)), check.detail});
    if (check.health != Health::ok) (check.is_essential ? essential : others) += mend_text(check);
  }
  std::string out = format_ragged_table(rows);
  if (!others.empty()) out += "\nWhat is not there, and what brings it, if it is wanted:\n" + others;
  if (!essential.empty()) out += "\nWhat the default container needs, and lacks:\n" + essential;
  return out + (diagnosis.is_fit() ? "\nContainers can run here.\n" : "");
}

Result<int> run(Session& session, const Arguments&) {
  LXCX_TRY(runtime, session.runtime());
  const core::Diagnosis diagnosis = runtime->diagnose();
  session.out().print(session.wants_json() ? json_of(diagnosis) : text_of(diagnosis));
  return diagnosis.is_fit() ? 0 : static_cast<int>(Code::unsupported);
}

}  // namespace

constinit const Command doctor{
    .name = "doctor",
    .summary = "Find out what this machine lacks for containers",
    .operands = "",
    .takes = Operands::none,
    .run = run,
};

}  // namespace lxcx::host::commands
