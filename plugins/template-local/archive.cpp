// SPDX-License-Identifier: Apache-2.0
#include "archive.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "storage-common/os_error.hpp"
#include "storage-common/user_namespace.hpp"
#include "template-common/process.hpp"

namespace lxcx::local {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  std::size_t at;
  const char* option;
};
constexpr std::array magics{
    Magic{"\x1f\x8b"sv, 0, "--gzip"},
    Magic{"BZh"sv, 0, "--bzip2"},
    Magic{"\xfd"
          "7zXZ\0"sv,
          0, "--xz"},
    Magic{"\x28\xb5\x2f\xfd"sv, 0, "--zstd"},
    Magic{"LZIP"sv, 0, "--lzip"},
    Magic{"\x89LZO"sv, 0, "--lzop"},
    Magic{"\x1f\x9d"sv, 0, "--compress"},
    Magic{"\x5d\0\0"sv, 0, "--lzma"},
    Magic{"ustar"sv, 257, ""},
};

/// What happens in the child between fork and tar; all it needs is open already.
class Confinement {
 public:
  /// The directory's own mount, cloned while it can be named in this namespace.
  static Result<Confinement> make(const Unpacking& unpacking) {
    Fd tree(::open_tree(AT_FDCWD, unpacking.directory.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (!tree) return os_error(errno, "cannot clone the mount of '" + unpacking.directory + "' (open_tree)");
    return Confinement(std::move(tree), unpacking);
  }

  /// Returns 0, or errno.
  int enter() const {
    if (::unshare(CLONE_NEWNS) < 0) return errno;
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) return errno;
    mount_attr read_only{};
    read_only.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &read_only, sizeof read_only) < 0) return errno;
    if (::move_mount(tree_.get(), "", AT_FDCWD, directory_.c_str(), MOVE_MOUNT_F_EMPTY_PATH) < 0) return errno;
    if (::fchdir(tree_.get()) < 0) return errno;
    if (largest_file_ == 0) return 0;
    const rlimit limit{largest_file_, largest_file_};
    return ::setrlimit(RLIMIT_FSIZE, &limit) < 0 ? errno : 0;
  }

 private:
  Confinement(Fd tree, const Unpacking& unpacking) : tree_(std::move(tree)), directory_(unpacking.directory), largest_file_(unpacking.largest_file) {}
  Fd tree_;
  std::string directory_;
  std::uint64_t largest_file_;
};

Result<std::vector<std::string>> tar_command(const Archive& archive, const Unpacking& unpacking) {
  LXCX_TRY(tar, templates::find_program("tar"));
  std::vector<std::string> argv = {tar, "--extract", "--file=-"};
  if (!archive.decompress.empty()) argv.push_back(archive.decompress);
  if (unpacking.as_found)
    argv.insert(argv.end(), {"--numeric-owner", "--same-owner", "--preserve-permissions", "--acls", "--xattrs", "--xattrs-include=*"});
  else
    argv.insert(argv.end(), {"--no-same-owner", "--no-same-permissions"});
  argv.emplace_back("--anchored");
  for (const std::string& pattern : unpacking.excludes) argv.push_back("--exclude=" + pattern);
  return argv;
}

}  // namespace

Result<Archive> open_archive(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return os_error(errno, "cannot open the archive '" + path + "'");
  struct stat status{};
  if (::fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode))
    return fail(Code::config, "the archive '" + path + "' is not a file", "name a tar archive");
  char buffer[512];
  const ssize_t size = ::pread(file.get(), buffer, sizeof buffer, 0);
  if (size < 0) return os_error(errno, "cannot read the archive '" + path + "'");
  const std::string_view head(buffer, static_cast<std::size_t>(size));
  const auto* found = std::ranges::find_if(magics, [&](const Magic& magic) {
    return head.size() >= magic.at + magic.bytes.size() && head.substr(magic.at, magic.bytes.size()) == magic.bytes;
  });
  if (found == magics.end())
    return fail(Code::config, "'" + path + "' is no tar archive, nor compressed in a way that tar knows",
                "tar, gzip, bzip2, xz, lzma, zstd, lzip, lzop and compress are known");
  return Archive{path, std::move(file), found->option, static_cast<std::uint64_t>(status.st_size)};
}

Result<void> unpack(Call& call, const Archive& archive, const Unpacking& unpacking) {
  LXCX_TRY(confinement, Confinement::make(unpacking));
  LXCX_TRY(argv, tar_command(archive, unpacking));
  templates::Program tar;
  tar.argv = std::move(argv);
  tar.input = archive.file.get();
  tar.prepare = [&] { return confinement.enter(); };
  tar.on_line = [&](std::string_view line) { call.log(LXCX_INFO, line); };
  // tar reads through our descriptor, so its offset is how far it has come.
  tar.on_pause = [&] { call.progress(static_cast<std::uint64_t>(::lseek(archive.file.get(), 0, SEEK_CUR)), archive.size); };
  tar.cancelled = [&] { return call.cancelled(); };
  Fd user_namespace;
  if (!unpacking.idmap.empty()) {
    LXCX_TRY(made, storage::make_user_namespace(unpacking.idmap));
    user_namespace = std::move(made);
    tar.user_namespace = user_namespace.get();
  }
  if (::lseek(archive.file.get(), 0, SEEK_SET) < 0) return os_error(errno, "cannot rewind '" + archive.path + "'");
  LXCX_TRY(ended, templates::run(tar));
  call.progress(archive.size, archive.size);
  return doing(templates::check_ended(ended, "tar"), "unpack '" + archive.path + "'");
}

}  // namespace lxcx::local
