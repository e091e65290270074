// SPDX-License-Identifier: Apache-2.0
#include "host/session.hpp"

#include <fcntl.h>

#include <cstdlib>

#include "core/base/text.hpp"
#include "host/printable.hpp"
#include "host/report.hpp"

namespace lxcx::host {
namespace {

/// --plugin-dir, then LXCX_PLUGIN_PATH, unless privilege was raised (getauxval(3): AT_SECURE), where the environment is the caller's word.
std::vector<std::string> plugin_directories(const Arguments& arguments) {
  std::vector<std::string> directories = arguments.values("plugin-dir");
  if (const char* path = ::secure_getenv("LXCX_PLUGIN_PATH"))
    for (std::string& directory : core::split(path, ':')) directories.push_back(std::move(directory));
  return directories;
}

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool has_file(const core::LogOptions& options) { return !options.file.empty() && options.file != "none"; }

/// --logpriority is the level of the file; without --logfile also of what stderr shows.
Result<core::LogOptions> log_options(const Arguments& arguments) {
  core::LogOptions options;
  options.container = arguments.name;
  options.file = arguments.value("logfile");
  options.quiet = arguments.has("quiet");
  if (!arguments.has("logpriority")) return options;
  LXCX_TRY(level, core::parse_level(arguments.value("logpriority")));
  options.file_level = level;
  if (!has_file(options)) options.stderr_level = level;
  return options;
}

}  // namespace

Result<Session> Session::open(core::Kernel& kernel, const Arguments& arguments, std::string_view program) {
  Session session(kernel, program);
  session.out_.be_quiet(arguments.has("quiet"));
  const std::string format = arguments.value("format", "text");
  if (format != "text" && format != "json") return fail(Code::usage, "--format: '" + format + "' is neither text nor json");
  session.json_ = format == "json";
  if (arguments.has("lxcpath") && arguments.value("lxcpath").empty()) return fail(Code::usage, "--lxcpath: the path is empty");
  LXCX_TRY(log, log_options(arguments));
  session.log_options_ = std::move(log);
  session.log_options_.program = program;
  LXCX_CHECK(session.read_runtime_options(arguments));
  return session;
}

Result<void> Session::read_runtime_options(const Arguments& arguments) {
  core::RuntimeOptions& options = runtime_options_;
  // The template is part of a create request, where --template and -t are one.
  options.selection.storage = arguments.value("storage");
  options.selection.network = arguments.value("net");
  options.selection.security = arguments.value("security");
  options.selection.hook = arguments.value("hook");
  if (arguments.has("lxcpath")) {
    LXCX_TRY(lxcpath, absolute(without_trailing_slashes(arguments.value("lxcpath"))));
    options.lxcpath = lxcpath;
    options.teardown_options.push_back("--lxcpath=" + lxcpath);
  }
  for (const std::string& directory : plugin_directories(arguments)) {
    LXCX_TRY(path, absolute(directory));
    options.teardown_options.push_back("--plugin-dir=" + path);
    options.registry.extra_directories.push_back(std::move(path));
  }
  if (has_file(log_options_)) {
    LXCX_TRY(file, absolute(log_options_.file));
    options.teardown_options.push_back("--logfile=" + file);
  } else if (!log_options_.file.empty()) {
    options.teardown_options.emplace_back("--logfile=none");
  }
  if (arguments.has("logpriority")) options.teardown_options.push_back("--logpriority=" + arguments.value("logpriority"));
  return {};
}

Result<std::vector<std::string>> Session::lxcpaths(const Arguments& arguments) {
  std::vector<std::string> paths;
  for (const std::string& given : arguments.values("lxcpath")) {
    if (given.empty()) return fail(Code::usage, "--lxcpath: the path is empty");
    LXCX_TRY(path, absolute(without_trailing_slashes(given)));
    paths.push_back(std::move(path));
  }
  return paths;
}

Result<std::string> Session::absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  LXCX_TRY(here, kernel_->readlinkat(AT_FDCWD, "/proc/self/cwd"));
  return here + '/' + path;
}

Result<core::Runtime*> Session::runtime() {
  if (runtime_) return runtime_.get();
  LXCX_TRY(log, core::open_log(log_options_));
  log_ = std::move(log);
  LXCX_TRY(runtime, core::Runtime::open(*kernel_, *log_, runtime_options_));
  runtime_ = std::move(runtime);
  return runtime_.get();
}

void Session::complain(const Error& error) {
  out_.complain(json_ ? error_json(error) : error_text(error, program_));
  log_failure(error);
}

void Session::log_failure(const Error& error) {
  if (!log_) {
    Result<std::unique_ptr<core::Log>> log = core::open_log(log_options_);
    if (!log) return;  // the error that is being reported counts more
    log_ = std::move(*log);
  }
  for (const std::string& line : core::split(error_text(error, program_), '\n')) log_->record(core::Level::error, line);
}

void Session::warn(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    std::string text = printable(warning, true);
    while (text.ends_with('\n')) text.pop_back();
    out_.complain(std::string(program_) + ": warning: " + text + '\n');
  }
}

}  // namespace lxcx::host
