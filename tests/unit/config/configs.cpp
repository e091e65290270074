// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/configs.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

namespace lxcx::test {

using namespace core;

ConfigSource files(std::map<std::string, std::string> contents) {
  ConfigSource source;
  source.read = [contents](const std::string& path) -> Result<std::string> {
    const auto found = contents.find(path);
    if (found == contents.end()) return fail_errno(ENOENT, "cannot open it");
    return found->second;
  };
  source.list = [contents](const std::string& path) -> Result<std::vector<std::string>> {
    const std::string prefix = path.ends_with('/') ? path : path + "/";
    std::vector<std::string> names;
    bool is_directory = false;
    for (const auto& [file, text] : contents) {
      if (!file.starts_with(prefix)) continue;
      is_directory = true;
      const std::string name = file.substr(prefix.size());
      if (name.ends_with(".conf")) names.insert(names.begin(), name);  // sorting is the parser's business too
    }
    if (!is_directory) return fail(Code::not_found, "not a directory");
    return names;
  };
  source.environment = [](const char* name) { return std::string_view(name) == "TERM" ? "xterm" : nullptr; };
  return source;
}

ParsedConfig parse(std::string_view text, std::map<std::string, std::string> contents) {
  return parse_config(text, "config", files(std::move(contents)));
}

ContainerConfig good(std::string_view text) {
  ParsedConfig parsed = parse(text);
  INFO(formatted(parsed));
  CHECK_FALSE(parsed.has_errors());
  return std::move(parsed.config);
}

namespace {
std::vector<std::string> of_severity(const ParsedConfig& parsed, Diagnostic::Severity severity) {
  std::vector<std::string> found;
  for (const Diagnostic& diagnostic : parsed.diagnostics)
    if (diagnostic.severity == severity)
      found.push_back(std::to_string(diagnostic.where.line) + ":" + std::to_string(diagnostic.where.column) + " " + diagnostic.message);
  return found;
}
}  // namespace

std::vector<std::string> errors(const ParsedConfig& parsed) { return of_severity(parsed, Diagnostic::Severity::error); }
std::vector<std::string> warnings(const ParsedConfig& parsed) { return of_severity(parsed, Diagnostic::Severity::warning); }

std::string formatted(const ParsedConfig& parsed) {
  std::string text;
  for (const Diagnostic& diagnostic : parsed.diagnostics) text += format_diagnostic(diagnostic);
  return text;
}

}  // namespace lxcx::test
