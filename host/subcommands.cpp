// SPDX-License-Identifier: Apache-2.0
#include "host/subcommands.hpp"

#include <algorithm>

namespace lxcx::host {
namespace {

std::string list_of_names(std::span<const Handler> handlers) {
  std::vector<std::string> names;
  for (const Handler& handler : handlers) names.emplace_back(handler.name);
  return core::join(names, ", ");
}

Failure unknown(const Command& command, const std::string& word, std::span<const Handler> handlers) {
  std::vector<std::string_view> names;
  for (const Handler& handler : handlers) names.push_back(handler.name);
  const std::string_view near = core::nearest(word, names);
  return fail(Code::usage, std::string(command.name) + " cannot '" + word + "'",
              near.empty() ? "it can: " + list_of_names(handlers) : "did you mean '" + std::string(near) + "'?");
}

}  // namespace

Result<int> run_subcommand(Session& session, const Arguments& arguments, const Command& command, std::span<const Handler> handlers) {
  if (arguments.words.empty()) return fail(Code::usage, "what shall " + std::string(command.name) + " do?", "it can: " + list_of_names(handlers));
  const std::string& word = arguments.words.front();
  const auto handler = std::ranges::find(handlers, word, &Handler::name);
  if (handler == handlers.end()) return unknown(command, word, handlers);
  const auto words = std::span(arguments.words).subspan(1);
  if (words.size() >= handler->least && words.size() <= handler->most) return handler->run(session, arguments, words);
  const auto described = std::ranges::find(command.subcommands, handler->name, &Subcommand::name);
  const std::string usage = "lxcx " + std::string(command.name) + " " + word + " " + std::string(described->operands);
  if (words.size() < handler->least) return fail(Code::usage, "too few words after '" + word + "'", usage);
  return fail(Code::usage, "unexpected argument '" + words[handler->most] + "'", usage);
}

}  // namespace lxcx::host
