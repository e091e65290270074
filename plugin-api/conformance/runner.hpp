// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "subject.hpp"

namespace lxcx::conformance {

enum class Verdict {
  passed,
  skipped,
  failed
};

struct Finding {
  std::string id, text;
  Verdict verdict = Verdict::passed;
  std::string why;
};

/// All requirements of a kind, the common ones first.
std::vector<Requirement> requirements_of(core::Kind kind);

/// Checks each requirement in a sandbox of its own. Errors: kernel, when there can be none.
Result<std::vector<Finding>> run_requirements(const Subject& subject);

}  // namespace lxcx::conformance
