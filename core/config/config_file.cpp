// SPDX-License-Identifier: Apache-2.0
#include "core/config/config_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "core/config/diagnostics.hpp"
#include "core/config/limits.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {
namespace {

constexpr int lock_timeout_ms = 5000;
constexpr std::string_view nothing_written = "nothing was written";

Error open_error(Kernel& kernel, const std::string& path, Error error) {
  if (error.code == Code::busy)
    return {Code::busy, 0, shown(path, 4096) + " is being changed by another command", "try again when that has ended", {}, std::nullopt, {}};
  if (error.sys_errno != ELOOP) return error;
  const Result<std::string> target = kernel.readlinkat(AT_FDCWD, path.c_str());
  return {Code::unsupported,
          0,
          shown(path, 4096) + " is a symbolic link" + (target ? " to " + shown(*target, 4096) : std::string()),
          "name the file itself, with --file",
          {},
          std::nullopt,
          {}};
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Result<ConfigFile> ConfigFile::open(Kernel& kernel, const std::string& path) {
  // O_NONBLOCK: of a pipe nobody writes to, too, one wants to hear that it is none.
  Result<UniqueFd> opened = open_locked(kernel, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, lock_timeout_ms);
  if (!opened) return Failure(open_error(kernel, path, std::move(opened).error()));
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  LXCX_TRY(directory, kernel.openat(AT_FDCWD, parent.c_str(), O_RDONLY | O_DIRECTORY));
  ConfigFile file(kernel, path, std::move(directory), std::move(*opened));
  LXCX_TRY(status, kernel.fstat(file.file_.get()));
  if (!S_ISREG(status.st_mode)) return fail(Code::unsupported, shown(path, 4096) + " is no regular file");
  LXCX_CHECK(kernel.faccessat(AT_FDCWD, path.c_str(), W_OK, 0));
  file.status_ = status;
  LXCX_TRY(text, read_all(kernel, file.file_.get(), limits::file_bytes));
  file.text_ = std::move(text);
  return file;
}

/// Editors take no lock.
Result<void> ConfigFile::check_unchanged() const {
  const Result<struct stat> now = kernel_->fstatat(directory_.get(), name().c_str(), AT_SYMLINK_NOFOLLOW);
  if (now && is_same(*now, status_)) return {};
  return fail(Code::busy, shown(path_, 4096) + " has been changed meanwhile; " + std::string(nothing_written), "try again");
}

/// Returns what the copy's name has behind the file's. By its name it is whole: half a backup would be taken for one.
Result<std::string> ConfigFile::back_up() {
  constexpr int most = 100;
  const std::string fresh = "." + name() + ".lxcx-backup", what = "back up " + printable(path_);
  (void)kernel_->unlinkat(directory_.get(), fresh.c_str(), 0);  // of one that was killed here
  LXCX_CHECK(doing(create_file_like(*kernel_, directory_.get(), fresh, text_, status_), what));
  for (int number = 0; number < most; ++number) {
    std::string suffix = ".backup" + (number > 0 ? "." + std::to_string(number) : std::string());
    const Result<void> named = kernel_->renameat2(directory_.get(), fresh.c_str(), directory_.get(), (name() + suffix).c_str(), RENAME_NOREPLACE);
    if (named) return suffix;
    if (named.error().sys_errno == EEXIST) continue;
    (void)kernel_->unlinkat(directory_.get(), fresh.c_str(), 0);
    return doing(Result<std::string>(std::unexpected(named.error())), what);
  }
  (void)kernel_->unlinkat(directory_.get(), fresh.c_str(), 0);
  return fail(Code::busy, "there are " + std::to_string(most) + " backups of " + shown(path_, 4096) + " already; " + std::string(nothing_written),
              "move them out of the way");
}

Result<void> ConfigFile::replace(std::string_view text) {
  LXCX_CHECK(check_unchanged());
  return replace_file_like(*kernel_, directory_.get(), name(), text, status_);
}

Result<std::string> ConfigFile::replace_with_backup(std::string_view text) {
  LXCX_TRY(suffix, back_up());
  Result<void> replaced = replace(text);
  if (replaced) return path_ + suffix;
  // Unless it is the only copy: the rename may be done, and what came after it have failed.
  if (check_unchanged()) (void)kernel_->unlinkat(directory_.get(), (name() + suffix).c_str(), 0);
  return Failure(std::move(replaced).error());
}

}  // namespace lxcx::core
