// SPDX-License-Identifier: Apache-2.0
#include "storage-common/made_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "storage-common/os_error.hpp"
#include "storage-common/tree.hpp"

namespace lxcx::storage {
namespace {

struct Place {
  Fd parent;
  std::string name;
};

Result<Place> open_place(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string parent = slash == 0 ? "/" : path.substr(0, slash);
  Fd fd(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os_error(errno, "cannot open directory '" + parent + "'", errno == ENOENT ? "create it first" : "");
  return Place{std::move(fd), path.substr(slash + 1)};
}

/// Open, empty and a directory; or empty when nothing stands there.
Result<Fd> open_standing(const Place& place, const std::string& path) {
  Fd standing(::openat(place.parent.get(), place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!standing && errno == ENOENT) return Fd{};
  if (!standing && (errno == ENOTDIR || errno == ELOOP))
    return fail(Code::busy, "'" + path + "' exists and is not a directory", "move it out of the way");
  if (!standing) return os_error(errno, "cannot open '" + path + "'");
  Result<Directory> listing = Directory::open(standing.get(), ".");
  if (!listing) return std::unexpected(std::move(listing).error());
  int error = 0;
  if (const dirent* entry = listing->next(&error); entry != nullptr)
    return fail(Code::busy, "'" + path + "' exists and is not empty (it holds '" + entry->d_name + "')",
                "empty it, or use it as it is: lxc.rootfs.path = dir:" + path);
  if (error != 0) return os_error(error, "cannot list '" + path + "'");
  return standing;
}

Result<void> give(int fd, const std::string& path, mode_t mode, Owner owner) {
  if (::fchown(fd, owner.uid, owner.gid) < 0) return os_error(errno, "cannot give '" + path + "' to the container's root");
  if (::fchmod(fd, mode) < 0) return os_error(errno, "cannot set the mode of '" + path + "'");  // the umask may have narrowed it
  return {};
}

}  // namespace

Result<std::string> clean_path(std::string_view path, std::string_view what) {
  const std::string quoted = std::string(what) + " '" + std::string(path) + "'";
  if (!path.starts_with('/')) return fail(Code::config, quoted + " is not an absolute path", "begin it with /");
  std::string clean;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (part == "..") return fail(Code::config, quoted + " has '..' in it", "write where it leads");
    if (!part.empty() && part != ".") clean.append("/").append(part);
  }
  return clean.empty() ? "/" : clean;
}

bool is_inside(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

Result<Fd> make_directory(Call& call, const std::string& path, mode_t mode, Owner owner, std::string_view key) {
  if (path == "/") return fail(Code::config, "'/' cannot be a container's own directory", "name another");
  LXCX_TRY(place, open_place(path));
  LXCX_TRY(standing, open_standing(place, path));
  if (standing) {
    if (call.recall(key) != "made " + path) LXCX_CHECK(call.record(key, "adopted " + path));
    LXCX_CHECK(give(standing.get(), path, mode, owner));
    return standing;
  }
  LXCX_CHECK(call.record(key, "made " + path));
  if (::mkdirat(place.parent.get(), place.name.c_str(), mode) < 0) return os_error(errno, "cannot make directory '" + path + "'");
  Fd made(::openat(place.parent.get(), place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  Result<void> ready = made ? give(made.get(), path, mode, owner) : os_error(errno, "cannot open '" + path + "'");
  if (ready) return made;
  ::unlinkat(place.parent.get(), place.name.c_str(), AT_REMOVEDIR);
  return std::unexpected(std::move(ready).error());
}

std::string_view recorded_path(std::string_view record) {
  const std::size_t blank = record.find(' ');
  return blank == record.npos ? std::string_view{} : record.substr(blank + 1);
}

Result<void> remove_made_directory(Call& call, const std::string& path, std::string_view container_directory, std::string_view key) {
  const std::string_view recorded = call.recall(key);
  const bool made = recorded == "made " + path;
  const bool adopted = recorded == "adopted " + path;
  if (!made && !adopted && !is_inside(path, container_directory)) {
    call.log(LXCX_NOTICE, "left '" + path + "' as it is: it lies outside the container's directory, and lxcx did not make it");
    return {};
  }
  Result<Place> place = open_place(path);
  if (!place && place.error().sys_errno == ENOENT) return {};
  if (!place) return std::unexpected(std::move(place).error());
  struct stat status{};
  if (::fstatat(place->parent.get(), place->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? Result<void>{} : os_error(errno, "cannot stat '" + path + "'");
  if (!S_ISDIR(status.st_mode)) {
    call.log(LXCX_NOTICE, "left '" + path + "' as it is: it is not a directory");
    return {};
  }
  return adopted ? empty_tree(place->parent.get(), place->name, path) : remove_tree(place->parent.get(), place->name, path);
}

}  // namespace lxcx::storage
