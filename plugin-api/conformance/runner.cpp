// SPDX-License-Identifier: Apache-2.0
#include "runner.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/base/text.hpp"
#include "sandbox.hpp"

namespace lxcx::conformance {

namespace {

// A report is one letter and a text.
constexpr char passed_letter = 'P', skipped_letter = 'S', failed_letter = 'F';

/// A value can name the check's own scratch directory.
void fill_in(std::string& value, const std::string& scratch) {
  constexpr std::string_view placeholder = "@SCRATCH@";
  for (std::size_t at = value.find(placeholder); at != std::string::npos; at = value.find(placeholder, at))
    value.replace(at, placeholder.size(), scratch);
}

std::string check_one(const Subject& known, const Requirement& requirement, const SandboxView& view) {
  Subject subject(known.options);
  subject.scratch = view.scratch;
  subject.is_real_root = view.is_real_root;
  for (core::Setting& each : subject.options.settings) fill_in(each.value, view.scratch);
  for (std::string& each : subject.options.template_args) fill_in(each, view.scratch);
  if (const Result<void> identified = subject.identify(); !identified) return failed_letter + identified.error().message;
  const bool loads_itself = std::string_view(requirement.id).starts_with("P-");
  if (!loads_itself)
    if (const Result<void> loaded = subject.load(); !loaded) return failed_letter + loaded.error().message;
  const Checked checked = requirement.check(subject);
  if (!checked && !checked.error().is_skip) return failed_letter + checked.error().why;
  if (!subject.violations.empty()) return failed_letter + std::string("[P-5] ") + core::join(subject.violations, "; ");
  if (!subject.hintless.empty()) return failed_letter + std::string("[P-6] an error without a hint: ") + core::join(subject.hintless, "; ");
  return checked ? std::string(1, passed_letter) : skipped_letter + checked.error().why;
}

Finding finding_of(const Requirement& requirement, const SandboxOutcome& outcome) {
  Finding finding{requirement.id, requirement.text, Verdict::failed, {}};
  if (!outcome.death.empty() || outcome.report.empty()) {
    finding.why = outcome.death.empty() ? "the check ended without a result" : outcome.death;
    return finding;
  }
  const char letter = outcome.report.front();
  finding.verdict = letter == passed_letter ? Verdict::passed : letter == skipped_letter ? Verdict::skipped : Verdict::failed;
  finding.why = outcome.report.substr(1);
  return finding;
}

void append(std::vector<Requirement>& all, std::span<const Requirement> more) { all.insert(all.end(), more.begin(), more.end()); }

}  // namespace

namespace {

/// "S-12" -> 12.
std::int64_t number_of(const Requirement& requirement) { return core::parse_integer(std::strrchr(requirement.id, '-') + 1).value_or(0); }

}  // namespace

std::vector<Requirement> requirements_of(core::Kind kind) {
  std::vector<Requirement> all;
  append(all, common_requirements());
  switch (kind) {
    case core::Kind::storage:
      append(all, storage_requirements());
      append(all, storage_capability_requirements());
      break;
    case core::Kind::network: append(all, network_requirements()); break;
    case core::Kind::template_: append(all, template_requirements()); break;
    case core::Kind::security: append(all, security_requirements()); break;
    case core::Kind::hook: append(all, hook_requirements()); break;
  }
  const auto own = all.begin() + static_cast<std::ptrdiff_t>(common_requirements().size());
  std::sort(own, all.end(), [](const Requirement& a, const Requirement& b) { return number_of(a) < number_of(b); });
  return all;
}

Result<std::vector<Finding>> run_requirements(const Subject& subject) {
  std::vector<Finding> findings;
  const Options& options = subject.options;
  bool cannot_load = false;
  for (const Requirement& requirement : requirements_of(subject.kind)) {
    if (!options.only.empty() && options.only != requirement.id) continue;
    if (cannot_load) {
      findings.push_back({requirement.id, requirement.text, Verdict::skipped, "the library cannot be loaded: see P-2"});
      continue;
    }
    const auto body = [&](const SandboxView& view) { return check_one(subject, requirement, view); };
    LXCX_TRY(outcome, in_sandbox(options.scratch, std::chrono::seconds(options.timeout_s), body));
    findings.push_back(finding_of(requirement, outcome));
    if (std::string_view(requirement.id) == "P-2" && findings.back().verdict == Verdict::failed) cannot_load = true;
  }
  if (findings.empty()) return fail(Code::usage, "there is no requirement '" + options.only + "' of this kind", "--list shows them");
  return findings;
}

}  // namespace lxcx::conformance
