// SPDX-License-Identifier: Apache-2.0
// lxc.include: files and directories, each at most 32 deep and never itself again.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/config/diagnostics.hpp"
#include "core/config/limits.hpp"
#include "core/config/reader.hpp"

namespace lxcx::core {
namespace {

/// Names in capitals that LXC's templates replace by a directory when they write a container's configuration.
bool is_template_placeholder(std::string_view path) {
  return path.find("LXC_TEMPLATE_CONFIG") != path.npos || (path.starts_with('@') && path.find('@', 1) != path.npos);
}

}  // namespace

void ConfigReader::include(std::string_view value) {
  if (value.empty()) return;
  Frame& frame = frames_.back();
  frame.include_column = where(value).column;
  const std::string path(value);
  if (is_template_placeholder(path)) {
    return error(value, "cannot include " + shown(path) + ": this file is a template's, not yet filled in",
                 "put the directory there that the placeholder stands for, as in /usr/share/lxc/config" +
                     printable(path.substr(std::min(path.find('/'), path.size()))));
  }
  if (!path.starts_with('/')) warn(value, shown(path) + " is looked for in the current directory, wherever that is", "write an absolute path");
  if (include_directory(path, value)) return;
  include_file(path, value);
}

/// True when `path` was a directory, or one that is not there and need not be: a trailing slash says so.
bool ConfigReader::include_directory(const std::string& path, std::string_view value) {
  const bool may_be_missing = path.ends_with('/');
  if (!source_.list) return may_be_missing;
  Result<std::vector<std::string>> names = source_.list(path);
  if (!names) {
    if (names.error().code == Code::not_found) return may_be_missing;
    report_include(value, path, names.error());
    return true;
  }
  std::ranges::sort(*names);
  for (const std::string& name : *names) {
    if (!name.ends_with(".conf") || name.size() < 6) continue;
    include_file(path + (may_be_missing ? "" : "/") + name, value);
  }
  return true;
}

void ConfigReader::include_file(const std::string& path, std::string_view value) {
  if (std::ranges::find(frames_, path, &Frame::file) != frames_.end())
    return error(value, shown(path) + " includes itself", "the lines below show by which way; take one of these includes out");
  if (frames_.size() > limits::include_depth) return error(value, "includes are nested more than 32 deep");
  if (files_read_ >= limits::files) return error(value, "the configuration includes more than 1000 files");
  const Result<std::string> text = source_.read(path);
  if (!text) return report_include(value, path, text.error());
  if (bytes_read_ + text->size() > limits::total_bytes) return error(value, "the configuration and its includes are larger than 16 MiB");
  const std::size_t depth = frames_.size();
  read(*text, path);
  frames_.resize(depth);
}

void ConfigReader::report_include(std::string_view value, const std::string& path, const Error& cause) {
  const std::string reason = cause.sys_errno != 0 ? std::strerror(cause.sys_errno) : cause.message;
  const std::string hint = cause.sys_errno == ENOENT && cause.hint.empty() ? "install what it belongs to, or correct the path" : cause.hint;
  error(value, "cannot include " + shown(path, 4096) + ": " + reason, hint);
}

}  // namespace lxcx::core
