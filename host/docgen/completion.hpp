// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "host/command.hpp"
#include "lxcx/result.hpp"

namespace lxcx::host {

/// The script for bash, zsh or fish. Errors: usage.
Result<std::string> completion(std::string_view shell);

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

/// What a kind of word completes to: fixed words, or the output of an lxcx command, one word on a line.
struct WordSource {
  std::string_view words;
  std::string_view query;
};
WordSource word_source(Completes what);

/// The first sentence of an option's help, without its full stop: what a menu of choices shows.
std::string_view brief(std::string_view help);

}  // namespace lxcx::host
