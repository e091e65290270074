// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "runner.hpp"

namespace lxcx::conformance {

std::string text_report(const Subject& subject, const std::vector<Finding>& findings);
/// { "library", "manifest", "kind", "name", "version", "passed", "skipped", "failed", "requirements": [{ "id", "text", "verdict", "why" }] }
std::string json_report(const Subject& subject, const std::vector<Finding>& findings);
/// A table in Markdown, as docs/plugin-authors/requirements.md has it.
std::string requirement_table(const std::vector<Requirement>& requirements);

}  // namespace lxcx::conformance
