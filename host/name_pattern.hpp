// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <regex.h>

#include <memory>
#include <string>

#include "lxcx/result.hpp"

namespace lxcx::host {

/// A regular expression for containers' names, POSIX extended. Errors: usage, naming the option.
class NamePattern {
 public:
  static Result<NamePattern> part(const std::string& option, const std::string& expression);   ///< matches somewhere; an empty one: all
  static Result<NamePattern> whole(const std::string& option, const std::string& expression);  ///< matches from end to end
  bool matches(const std::string& name) const;

 private:
  struct Free {
    void operator()(regex_t* expression) const;
  };
  static Result<NamePattern> compile(const std::string& option, const std::string& expression, const std::string& shown);
  std::unique_ptr<regex_t, Free> expression_;
};

}  // namespace lxcx::host
