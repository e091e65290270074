// SPDX-License-Identifier: Apache-2.0
#include "host/name_pattern.hpp"

#include <array>

namespace lxcx::host {

void NamePattern::Free::operator()(regex_t* expression) const {
  ::regfree(expression);
  delete expression;
}

Result<NamePattern> NamePattern::compile(const std::string& option, const std::string& expression, const std::string& shown) {
  regex_t compiled{};
  if (const int wrong = ::regcomp(&compiled, expression.c_str(), REG_EXTENDED | REG_NOSUB)) {
    std::array<char, 128> why{};
    ::regerror(wrong, &compiled, why.data(), why.size());
    return fail(Code::usage, option + ": '" + shown + "' is not a regular expression: " + why.data());
  }
  NamePattern pattern;
  pattern.expression_.reset(new regex_t(compiled));
  return pattern;
}

Result<NamePattern> NamePattern::part(const std::string& option, const std::string& expression) { return compile(option, expression, expression); }

// Checked alone first: `a)|(b` is none, but would be one between the parentheses.
Result<NamePattern> NamePattern::whole(const std::string& option, const std::string& expression) {
  LXCX_CHECK(compile(option, expression, expression));
  return compile(option, "^(" + expression + ")$", expression);
}

bool NamePattern::matches(const std::string& name) const { return ::regexec(expression_.get(), name.c_str(), 0, nullptr, 0) == 0; }

}  // namespace lxcx::host
