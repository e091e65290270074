// SPDX-License-Identifier: Apache-2.0
// A root file system that is a directory of the host's.
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "lxcx/plugin.hpp"
#include "storage-common/made_directory.hpp"
#include "storage-common/mount_options.hpp"
#include "storage-common/os_error.hpp"
#include "storage-common/tree.hpp"

namespace {
using namespace lxcx;
using namespace lxcx::storage;

constexpr std::string_view record_key = "rootfs";

/// With idmap= the mount shifts the ids, so the files keep the container's own.
Result<Owner> owner_of(const Volume& volume) {
  LXCX_TRY(options, parse_mount_options(volume.options));
  if (!options.idmap.empty()) return Owner{};
  return container_root(volume.idmap);
}

Result<std::string> new_path(const Call& call, const Volume& volume) {
  LXCX_TRY(directory, clean_path(volume.directory, "the container's directory"));
  if (!call.has_setting("dir")) return directory + "/rootfs";
  return clean_path(call.setting("dir"), "the setting dir");
}

class Dir final : public Storage, public Copies, public Measured, public Detects {
 public:
  Result<std::string> create(Call& call, const Volume& volume, std::uint64_t size_bytes) override {
    if (size_bytes != 0)
      return fail(Code::unsupported, "a directory has no size of its own",
                  "leave the size out, or use a storage that has one, such as loop, lvm or zfs");
    LXCX_TRY(path, new_path(call, volume));
    LXCX_TRY(owner, owner_of(volume));
    LXCX_CHECK(make_directory(call, path, 0755, owner, record_key));
    return path;
  }

  Result<void> destroy(Call& call, const Volume& volume) override {
    // Without a source: what a copy that was killed has recorded.
    const std::string source(volume.source.empty() ? recorded_path(call.recall(record_key)) : volume.source);
    if (source.empty()) return {};
    LXCX_TRY(path, clean_path(source, "the root file system's path"));
    LXCX_TRY(directory, clean_path(volume.directory, "the container's directory"));
    return remove_made_directory(call, path, directory, record_key);
  }

  Result<int> attach(Call& call, const Volume& volume) override {
    LXCX_TRY(options, parse_mount_options(volume.options));
    if (!options.rest.empty())
      return fail(Code::config, "lxc.rootfs.options: '" + options.rest.front() + "' is no option of a directory",
                  "a directory takes ro, rw, nosuid, nodev, noexec, noatime, …, bind or rbind, private, slave or shared, and idmap=");
    for (const std::string& word : options.superblock)
      call.log(LXCX_WARN, "lxc.rootfs.options: '" + word + "' has no effect on a directory: it is set where its file system is mounted; ignoring");
    const std::string path(volume.source);
    LXCX_CHECK(clean_path(path, "lxc.rootfs.path"));
    LXCX_TRY(mount, clone_mount(path, options.recursive));
    LXCX_CHECK(doing(apply_mount_options(mount.get(), options, volume.idmap), "attach '" + path + "'"));
    call.result("path", path);
    return mount.release();
  }

  /// A detached mount goes with its last descriptor; nothing of it is left to undo.
  Result<void> detach(Call&, const Volume&) override { return {}; }

  Result<std::string> copy(Call& call, const Volume& from, const Volume& to) override {
    if (!same_idmap(from.idmap, to.idmap))
      return fail(Code::unsupported, "'" + std::string(from.container) + "' and '" + std::string(to.container) + "' have different id maps",
                  "copy with the same lxc.idmap lines, or use lxc.rootfs.options = idmap=container, which shifts at the mount");
    const Fd source(::open(std::string(from.source).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!source) return os_error(errno, "cannot open '" + std::string(from.source) + "'");
    LXCX_TRY(path, new_path(call, to));
    LXCX_TRY(owner, owner_of(to));
    LXCX_TRY(copy, make_directory(call, path, 0755, owner, record_key));
    const CopyOptions options{0, [&call] { return call.cancelled(); }, [&call](std::uint64_t bytes) { call.progress(bytes, 0); }};
    Result<std::vector<std::string>> left_out = copy_tree(source.get(), copy.get(), options);
    if (!left_out) {
      if (const auto undone = remove_made_directory(call, path, to.directory, record_key); !undone)
        call.log(LXCX_ERROR, "cannot undo the copy: " + undone.error().message);
      return std::unexpected(std::move(left_out).error());
    }
    for (const std::string& mount_point : *left_out) call.log(LXCX_NOTICE, "not copied: what is mounted on '" + mount_point + "'");
    return path;
  }

  Result<StorageUsage> usage(Call&, const Volume& volume) override {
    const Fd top(::open(std::string(volume.source).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!top) return os_error(errno, "cannot open '" + std::string(volume.source) + "'");
    LXCX_TRY(used, tree_usage(top.get(), "."));
    return StorageUsage{used, 0};
  }

  bool detect(Call&, std::string_view source) override {
    struct stat status{};
    return source.starts_with('/') && ::stat(std::string(source).c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  }

 private:
  static Result<Fd> clone_mount(const std::string& path, bool recursive) {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode))
      return fail(Code::config, "'" + path + "' is not a directory", "for an image file write lxc.rootfs.path = loop:" + path);
    Fd mount(::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? unsigned{AT_RECURSIVE} : 0U)));
    if (mount) return mount;
    std::string hint;
    if (errno == ENOENT) hint = "create it, or point lxc.rootfs.path at another directory";
    if (errno == EINVAL) hint = "a mount in it is unbindable; write lxc.rootfs.options = bind to leave the mounts in it out";
    return os_error(errno, "cannot attach '" + path + "' (open_tree)", hint);
  }
};

}  // namespace

LXCX_PLUGIN(storage, Dir, "dir", LXCX_PLUGIN_VERSION, "A plain directory; needs nothing, works everywhere", "Apache-2.0");
