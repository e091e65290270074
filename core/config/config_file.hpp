// SPDX-License-Identifier: Apache-2.0
// A configuration file held for a change: locked against other changes, and replaced as a whole or not at all.
#pragma once
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "core/base/unique_fd.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

class ConfigFile {
 public:
  /// Errors: not_found; unsupported for a symbolic link or what is no regular file; denied when it cannot be written; busy when another holds it.
  static Result<ConfigFile> open(Kernel& kernel, const std::string& path);

  const std::string& text() const { return text_; }

  /// The new text under the old name, on disk, with the old owner and mode. Errors: busy when somebody changed the file meanwhile.
  Result<void> replace(std::string_view text);

  /// The same, and the old file is kept as PATH.backup, or PATH.backup.1 and so on when there is one already; returns that path.
  Result<std::string> replace_with_backup(std::string_view text);

 private:
  ConfigFile(Kernel& kernel, std::string path, UniqueFd directory, UniqueFd file)
      : kernel_(&kernel), path_(std::move(path)), directory_(std::move(directory)), file_(std::move(file)) {}
  std::string name() const { return path_.substr(path_.rfind('/') + 1); }
  Result<void> check_unchanged() const;
  Result<std::string> back_up();

  Kernel* kernel_;
  std::string path_;
  UniqueFd directory_, file_;
  struct stat status_{};
  std::string text_;
};

}  // namespace lxcx::core
