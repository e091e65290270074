// SPDX-License-Identifier: Apache-2.0
// A root file system of layers, and the snapshots that layers make possible.
#include <fcntl.h>
#include <sys/stat.h>

#include "layers.hpp"
#include "lxcx/plugin.hpp"
#include "overlay_mount.hpp"
#include "storage-common/made_directory.hpp"
#include "storage-common/os_error.hpp"
#include "storage-common/tree.hpp"

namespace {
using namespace lxcx;
using namespace lxcx::overlay;
using namespace lxcx::storage;

/// LXC's layout, so that each can use what the other made.
struct Layout {
  std::string directory, lower, overlay, upper, work;
};
Result<Layout> layout_of(const Volume& volume) {
  LXCX_TRY(directory, clean_path(volume.directory, "the container's directory"));
  return Layout{directory, directory + "/rootfs", directory + "/overlay", directory + "/overlay/delta", directory + "/overlay/work"};
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// Makes directories one after the other, and takes back those it made unless all goes well.
class Making {
 public:
  Making(Call& call, std::string container_directory) : call_(call), container_directory_(std::move(container_directory)) {}
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;
  ~Making() {
    for (auto it = made_.rbegin(); !kept_ && it != made_.rend(); ++it)
      if (const auto undone = remove_made_directory(call_, it->path, container_directory_, it->key); !undone)
        call_.log(LXCX_ERROR, "cannot undo: " + undone.error().message);
  }
  Result<Fd> make(const std::string& path, mode_t mode, Owner owner, std::string_view key) {
    LXCX_TRY(made, make_directory(call_, path, mode, owner, key));
    made_.push_back({path, key});
    return made;
  }
  /// For a directory that may hold other things already.
  Result<void> ensure(const std::string& path, mode_t mode, Owner owner, std::string_view key) {
    if (is_directory(path)) return {};
    LXCX_CHECK(make(path, mode, owner, key));
    return {};
  }
  void keep() { kept_ = true; }

 private:
  struct Made {
    std::string path;
    std::string_view key;
  };
  Call& call_;
  std::string container_directory_;
  std::vector<Made> made_;
  bool kept_ = false;
};

/// The root directory that a container sees has the upper's owner and mode, so a new upper takes those of the lower it covers.
Result<void> make_upper(Making& making, const Layers& layers, const std::string& container_directory, const std::string& idmap,
                        std::span<const IdMap> map) {
  if (is_directory(layers.upper) && is_directory(layers.work())) return {};
  LXCX_TRY(status, stat_lower(layers.lowers.front(), idmap, map));
  const std::string parent = layers.upper.substr(0, layers.upper.rfind('/'));
  if (is_inside(parent, container_directory)) LXCX_CHECK(making.ensure(parent, 0755, Owner{}, "overlay"));
  LXCX_CHECK(making.ensure(layers.upper, status.st_mode & 07777, Owner{status.st_uid, status.st_gid}, "upper"));
  return making.ensure(layers.work(), 0755, Owner{}, "work");
}

/// Either kind of source that a snapshot can begin with, as lowers.
Result<std::vector<std::string>> lowers_of(const Volume& from) {
  const std::string source(from.source);
  if (source.starts_with('/') && is_directory(source)) return std::vector{source};
  LXCX_TRY(layers, parse_layers(source));
  std::vector<std::string> lowers = layers.lowers;
  if (is_directory(layers.upper)) lowers.insert(lowers.begin(), layers.upper);
  return lowers;
}

Result<void> check_same_idmap(const Volume& from, const Volume& to) {
  if (same_idmap(from.idmap, to.idmap)) return {};
  return fail(Code::unsupported, "'" + std::string(from.container) + "' and '" + std::string(to.container) + "' have different id maps",
              "give both the same lxc.idmap lines, or use lxc.rootfs.options = idmap=container, which shifts at the mount");
}

Result<void> copy_directory(Call& call, const std::string& from, int to) {
  const Fd source(::open(from.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!source) return os_error(errno, "cannot open '" + from + "'");
  LXCX_TRY(left_out,
           copy_tree(source.get(), to, {0, [&call] { return call.cancelled(); }, [&call](std::uint64_t bytes) { call.progress(bytes, 0); }}));
  for (const std::string& mount_point : left_out) call.log(LXCX_NOTICE, "not copied: what is mounted on '" + from + "/" + mount_point + "'");
  return {};
}

class Overlay final : public Storage, public Snapshots, public Copies, public Measured {
 public:
  Result<std::string> create(Call& call, const Volume& volume, std::uint64_t size_bytes) override {
    if (size_bytes != 0)
      return fail(Code::unsupported, "an overlay has no size of its own",
                  "leave the size out, or use a storage that has one, such as loop, lvm or zfs");
    LXCX_TRY(place, layout_of(volume));
    LXCX_TRY(options, parse_mount_options(volume.options));
    if (!options.idmap.empty())
      return fail(Code::unsupported, "an empty overlay cannot be made with idmap=: its upper would hold other ids than its lower",
                  "make a dir with idmap=container, and snapshot it");
    LXCX_TRY(root, container_root(volume.idmap));
    Making making(call, place.directory);
    LXCX_CHECK(making.make(place.lower, 0755, root, "lower"));
    LXCX_CHECK(making.ensure(place.overlay, 0755, Owner{}, "overlay"));
    LXCX_CHECK(making.make(place.upper, 0755, root, "upper"));
    LXCX_CHECK(making.make(place.work, 0755, Owner{}, "work"));
    making.keep();
    return print_layers({{place.lower}, place.upper});
  }

  Result<void> destroy(Call& call, const Volume& volume) override {
    LXCX_TRY(place, layout_of(volume));
    // Without a source: what a copy or a snapshot that was killed has made.
    LXCX_TRY(layers, volume.source.empty() ? Result<Layers>(Layers{{place.lower}, place.upper}) : parse_layers(volume.source));
    LXCX_CHECK(remove_made_directory(call, layers.upper, place.directory, "upper"));
    LXCX_CHECK(remove_made_directory(call, layers.work(), place.directory, "work"));
    if (is_inside(layers.upper, place.overlay)) ::rmdir(place.overlay.c_str());  // when nothing else is in it
    // The lowers belong to others, but for the one that create makes.
    if (layers.lowers.back() == place.lower) return remove_made_directory(call, place.lower, place.directory, "lower");
    return {};
  }

  Result<int> attach(Call& call, const Volume& volume) override {
    LXCX_TRY(options, parse_mount_options(volume.options));
    Result<Layers> parsed = parse_layers(volume.source);
    if (!parsed && volume.source.starts_with('/') && ::access(std::string(volume.source).c_str(), F_OK) < 0)
      parsed.error().code = Code::not_found;  // one path, and even that leads nowhere
    LXCX_TRY(layers, std::move(parsed));
    for (const std::string& path : layers.lowers)
      if (!is_directory(path))
        return fail(Code::not_found, "lower layer '" + path + "' does not exist", "create it, or point lxc.rootfs.path at another");
    LXCX_TRY(directory, clean_path(volume.directory, "the container's directory"));
    Making making(call, directory);
    LXCX_CHECK(make_upper(making, layers, directory, options.idmap, volume.idmap));
    LXCX_TRY(mount, mount_overlay(layers, options, volume.idmap));
    options.idmap.clear();  // done, below the overlay
    LXCX_CHECK(apply_mount_options(mount.get(), options, volume.idmap));
    making.keep();
    return mount.release();
  }

  /// A detached mount goes with its last descriptor. Layers that attach made stay: the next attach wants them.
  Result<void> detach(Call&, const Volume&) override { return {}; }

  Result<std::string> snapshot(Call& call, const Volume& from, const Volume& to) override {
    LXCX_CHECK(check_same_idmap(from, to));
    LXCX_TRY(place, layout_of(to));
    LXCX_TRY(options, parse_mount_options(to.options));
    if (!options.idmap.empty() && !is_directory(std::string(from.source)))
      return fail(Code::unsupported, "an overlay with idmap= has shifted ids in its upper and unshifted ones below, which cannot both be lowers",
                  "copy '" + std::string(from.container) + "' instead, or snapshot the directory it stands on");
    LXCX_TRY(lowers, lowers_of(from));
    const Layers layers{std::move(lowers), place.upper};
    Making making(call, place.directory);
    LXCX_CHECK(make_upper(making, layers, place.directory, options.idmap, to.idmap));
    making.keep();
    return print_layers(layers);
  }

  /// The upper is copied; of the lowers only one that is the source's own, so that the copy depends on no more than its source does.
  Result<std::string> copy(Call& call, const Volume& from, const Volume& to) override {
    LXCX_CHECK(check_same_idmap(from, to));
    LXCX_TRY(source, parse_layers(from.source));
    LXCX_TRY(from_place, layout_of(from));
    LXCX_TRY(place, layout_of(to));
    Layers layers{source.lowers, place.upper};
    Making making(call, place.directory);
    if (layers.lowers.back() == from_place.lower) {
      LXCX_TRY(own_lower, making.make(place.lower, 0755, Owner{}, "lower"));
      LXCX_CHECK(copy_directory(call, from_place.lower, own_lower.get()));
      layers.lowers.back() = place.lower;
    }
    LXCX_CHECK(making.ensure(place.overlay, 0755, Owner{}, "overlay"));
    LXCX_TRY(upper, making.make(place.upper, 0755, Owner{}, "upper"));
    if (is_directory(source.upper)) LXCX_CHECK(copy_directory(call, source.upper, upper.get()));
    LXCX_CHECK(making.make(place.work, 0755, Owner{}, "work"));
    making.keep();
    return print_layers(layers);
  }

  /// What the container itself takes: its upper.
  Result<StorageUsage> usage(Call&, const Volume& volume) override {
    LXCX_TRY(layers, parse_layers(volume.source));
    const Fd upper(::open(layers.upper.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!upper && errno == ENOENT) return StorageUsage{};
    if (!upper) return os_error(errno, "cannot open '" + layers.upper + "'");
    LXCX_TRY(used, tree_usage(upper.get(), "."));
    return StorageUsage{used, 0};
  }
};

}  // namespace

LXCX_PLUGIN(storage, Overlay, "overlay", LXCX_PLUGIN_VERSION, "Layers on overlayfs; snapshots of directories and overlays are instant", "Apache-2.0");
