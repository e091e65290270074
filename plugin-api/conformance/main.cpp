// SPDX-License-Identifier: Apache-2.0
// lxcx-plugin-check: does a plugin keep its kind's promises? Judged by lxcx's own loader, in namespaces where the machine cannot be touched.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>

#include "core/base/text.hpp"
#include "report.hpp"

namespace lxcx::conformance {

namespace {

namespace fs = std::filesystem;

constexpr const char* help =
    "Usage: lxcx-plugin-check FILE.so [OPTION]…\n"
    "       lxcx-plugin-check --list KIND\n"
    "Checks every numbered requirement of the plugin's kind (plugin-authors/requirements.md), each in namespaces of its own.\n"
    "\n"
    "  --manifest FILE     its manifest; else lib/lxcx/plugins.d/NAME.json for lib/lxcx/plugins/NAME.so, or NAME.json beside it\n"
    "  --set KEY=VALUE     a setting of the plugin, as its manifest names it; may be repeated\n"
    "  --arg ARG           an argument of a template; may be repeated\n"
    "  --only ID           one requirement\n"
    "  --scratch DIR       work in DIR (a btrfs, say) instead of a tmpfs\n"
    "  --timeout SECONDS   for each requirement; 60\n"
    "  --strict            a requirement that had to be skipped counts as failed\n"
    "  --may-skip ID,ID…   but not these\n"
    "  --format FORMAT     text or json\n"
    "  --list KIND         print the requirements of a kind and end\n"
    "  --version, --help\n"
    "\n"
    "In a VALUE or ARG, @SCRATCH@ is a directory of the check's own. A network plugin finds a bridge lxcxbr0 (10.97.0.1/24) and a device\n"
    "lxcxeth0 to stand on.\n"
    "Exit status: 0 all promises kept, 2 wrong usage, 3 no such file or manifest, 7 no sandbox could be made, 8 a promise broken or the plugin "
    "unusable.\n";

struct CommandLine {
  Options options;
  std::string list_kind;
  bool wants_help = false, wants_version = false;
};

Failure usage(const std::string& what) { return fail(Code::usage, what, "lxcx-plugin-check --help"); }

Result<void> set_option(CommandLine& line, const std::string& name, const std::string& value) {
  Options& options = line.options;
  if (name == "--manifest") {
    options.manifest_path = fs::absolute(value).string();
  } else if (name == "--set") {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0) return usage("--set wants KEY=VALUE, not '" + value + "'");
    options.settings.push_back({value.substr(0, equals), value.substr(equals + 1), {}});
  } else if (name == "--arg") {
    options.template_args.push_back(value);
  } else if (name == "--only") {
    options.only = value;
  } else if (name == "--may-skip") {
    options.may_skip = core::split(value, ',');
  } else if (name == "--scratch") {
    options.scratch = fs::absolute(value).string();
  } else if (name == "--timeout") {
    const Result<std::int64_t> seconds = core::parse_integer(value);
    if (!seconds || *seconds < 1 || *seconds > 86400) return usage("--timeout wants seconds, 1 to 86400, not '" + value + "'");
    options.timeout_s = static_cast<int>(*seconds);
  } else if (name == "--format") {
    if (value != "text" && value != "json") return usage("--format wants text or json, not '" + value + "'");
    options.json = value == "json";
  } else if (name == "--list") {
    line.list_kind = value;
  } else {
    return usage("unknown option '" + name + "'");
  }
  return {};
}

Result<CommandLine> parse(const std::vector<std::string>& args) {
  CommandLine line;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--help" || arg == "-h") {
      line.wants_help = true;
    } else if (arg == "--version") {
      line.wants_version = true;
    } else if (arg == "--strict") {
      line.options.strict = true;
    } else if (!arg.starts_with("-")) {
      if (!line.options.library.empty()) return usage("one library at a time: '" + arg + "' is the second");
      line.options.library = fs::absolute(arg).lexically_normal().string();
    } else if (const std::size_t equals = arg.find('='); equals != std::string::npos) {
      LXCX_CHECK(set_option(line, arg.substr(0, equals), arg.substr(equals + 1)));
    } else if (i + 1 < args.size()) {
      LXCX_CHECK(set_option(line, arg, args[++i]));
    } else {
      return usage("'" + arg + "' is unknown or wants a value");
    }
  }
  return line;
}

/// "net-veth.so" belongs to "net-veth.json", beside it or where an installed one is.
std::string manifest_beside(const std::string& library) {
  const fs::path path(library);
  const std::string file_name = path.stem().string() + ".json";
  const fs::path directory = path.parent_path();
  for (const fs::path& candidate : {directory.parent_path() / (directory.filename().string() + ".d") / file_name, directory / file_name}) {
    std::error_code ignored;
    if (fs::is_regular_file(candidate, ignored)) return candidate.string();
  }
  return {};
}

bool counts_as_failed(const Options& options, const Finding& finding) {
  if (finding.verdict != Verdict::skipped) return finding.verdict == Verdict::failed;
  const bool is_excused = !options.strict || std::ranges::find(options.may_skip, finding.id) != options.may_skip.end();
  if (!is_excused) std::fprintf(stderr, "lxcx-plugin-check: --strict: %s was skipped: %s\n", finding.id.c_str(), finding.why.c_str());
  return !is_excused;
}

Result<int> run(const std::vector<std::string>& args) {
  LXCX_TRY(line, parse(args));
  if (line.wants_help) return std::fputs(help, stdout), 0;
  if (line.wants_version) return std::puts("lxcx-plugin-check " LXCX_VERSION), 0;
  if (!line.list_kind.empty()) {
    LXCX_TRY(kind, core::parse_kind(line.list_kind));
    return std::fputs(requirement_table(requirements_of(kind)).c_str(), stdout), 0;
  }
  if (line.options.library.empty()) return usage("which library?");
  if (line.options.manifest_path.empty()) line.options.manifest_path = manifest_beside(line.options.library);
  Subject subject(line.options);
  LXCX_CHECK(subject.identify());
  LXCX_TRY(findings, run_requirements(subject));
  std::fputs((line.options.json ? json_report(subject, findings) : text_report(subject, findings)).c_str(), stdout);
  const bool is_broken = std::ranges::any_of(findings, [&](const Finding& each) { return counts_as_failed(line.options, each); });
  return is_broken ? LXCX_PLUGIN : 0;
}

}  // namespace

}  // namespace lxcx::conformance

int main(int argc, char** argv) try {
  const lxcx::Result<int> status = lxcx::conformance::run({argv + 1, argv + argc});
  if (status) return *status;
  const lxcx::Error& error = status.error();
  std::fprintf(stderr, "lxcx-plugin-check: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  hint: %s\n", error.hint.c_str());
  return static_cast<int>(error.code);
} catch (const std::exception& e) {
  std::fprintf(stderr, "lxcx-plugin-check: %s\n", e.what());
  return LXCX_INTERNAL;
}
