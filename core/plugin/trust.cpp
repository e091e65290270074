// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/trust.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>

#include "core/base/text.hpp"

namespace lxcx::core {

namespace {

constexpr int max_links = 40;  // as path_resolution(7)

Failure refused(const std::string& shown, const std::string& why, const std::string& hint) {
  return fail(Code::plugin, "refused '" + shown + "': " + why, hint);
}

void prepend(std::deque<std::string>& components, std::string_view path) {
  const std::vector<std::string> parts = split(path, '/');
  components.insert(components.begin(), parts.begin(), parts.end());
}

}  // namespace

Trust::Trust(Kernel& kernel) : kernel_(kernel), enforced_(::geteuid() == 0), owners_{0} {
  for (const char* path : {"/", "/proc/self/exe"})
    if (const Result<struct stat> status = kernel.fstatat(AT_FDCWD, path, 0)) owners_.push_back(status->st_uid);
}

bool Trust::is_trusted(uid_t uid) const { return std::ranges::find(owners_, uid) != owners_.end(); }

Result<void> Trust::check(const struct stat& status, const std::string& shown, bool may_be_sticky) const {
  if (!enforced_) return {};
  const std::string why_it_matters = "; lxcx runs as root and would run what they put there";
  if (!is_trusted(status.st_uid)) {
    return refused(shown, "it is owned by user " + std::to_string(status.st_uid) + why_it_matters,
                   "chown root: '" + shown + "', after looking at it");
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || S_ISLNK(status.st_mode)) return {};
  // In a sticky directory nobody but an entry's owner can rename or remove it, and the owner of the next entry is checked as well: a tree of
  // root's below /tmp cannot be swapped. The registry directory itself may not be sticky, for others could add to it.
  if (may_be_sticky && (status.st_mode & S_ISVTX) != 0) return {};
  return refused(shown, std::string((status.st_mode & S_IWOTH) != 0 ? "everybody" : "its group") + " can write it" + why_it_matters,
                 "chmod go-w '" + shown + "', after looking at it");
}

Result<UniqueFd> Trust::open_directory(const std::string& path) const {
  std::deque<std::string> left;
  prepend(left, std::filesystem::absolute(path).string());
  int links = 0;
  std::string shown;
  LXCX_TRY(here, kernel_.openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  while (!left.empty()) {
    const std::string name = std::move(left.front());
    left.pop_front();
    if (name == ".") continue;
    LXCX_TRY(next, kernel_.openat(here.get(), name.c_str(), O_PATH | O_NOFOLLOW));
    LXCX_TRY(status, kernel_.fstat(next.get()));
    LXCX_CHECK(check(status, shown + "/" + name, !left.empty()));
    if (S_ISLNK(status.st_mode)) {
      if (left.empty())
        return refused(shown + "/" + name, "a directory of manifests or libraries may not be a symbolic link", "name the directory itself");
      if (++links > max_links) return fail_errno(ELOOP, "open '" + path + "'");
      LXCX_TRY(target, kernel_.readlinkat(here.get(), name.c_str()));
      prepend(left, target);
      if (!target.starts_with('/')) continue;
      LXCX_TRY(root, kernel_.openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
      here = std::move(root);
      shown.clear();
      continue;
    }
    if (!S_ISDIR(status.st_mode)) return refused(shown + "/" + name, "it is not a directory", "name a directory of manifests");
    here = std::move(next);
    shown += "/" + name;
  }
  return kernel_.openat(here.get(), ".", O_RDONLY | O_DIRECTORY);  // O_PATH cannot be listed
}

Result<UniqueFd> Trust::open_file(int directory, const char* name, const std::string& shown) const {
  // O_NONBLOCK: a FIFO must not make lxcx wait. It changes nothing for a regular file.
  LXCX_TRY(fd, kernel_.openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  LXCX_TRY(status, kernel_.fstat(fd.get()));
  if (!S_ISREG(status.st_mode)) return refused(shown, "it is not a regular file", "put the file itself there");
  LXCX_CHECK(check(status, shown, false));
  return fd;
}

Result<UniqueFd> Trust::open_path(const std::string& path) const {
  const std::filesystem::path whole = std::filesystem::absolute(path);
  LXCX_TRY(directory, open_directory(whole.parent_path().string()));
  Result<UniqueFd> file = open_file(directory.get(), whole.filename().c_str(), path);
  if (!file && file.error().sys_errno == ELOOP) return refused(path, "it is a symbolic link", "put the file itself there");
  return file;
}

}  // namespace lxcx::core
