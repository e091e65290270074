// SPDX-License-Identifier: Apache-2.0
#include "overlay_mount.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <fstream>
#include <vector>

#include "storage-common/os_error.hpp"

namespace lxcx::overlay {
namespace {

struct OpenLayers {
  std::vector<Fd> clones;  ///< id-mapped mounts; they dissolve when these close, which may not be before the overlay stands
  std::vector<Fd> lowers;
  Fd upper, work;
};

Result<Fd> open_layer(const std::string& path, const char* what) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) return fd;
  if (errno == ENOENT)
    return os_error(ENOENT, std::string(what) + " layer '" + path + "' does not exist", "create it, or point lxc.rootfs.path at another");
  return os_error(errno, "cannot open " + std::string(what) + " layer '" + path + "'");
}

/// The directory behind an id-mapped clone of its mount, which joins `clones`.
Result<Fd> open_mapped(std::vector<Fd>& clones, const std::string& path, const std::string& idmap, std::span<const IdMap> map) {
  LXCX_TRY(plain, open_layer(path, "lower"));
  Fd clone(::open_tree(plain.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!clone) return os_error(errno, "cannot clone the mount of '" + path + "' (open_tree)");
  LXCX_CHECK(doing(storage::apply_idmap(clone.get(), idmap, map), "layer '" + path + "'"));
  Fd mapped(::openat(clone.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!mapped) return os_error(errno, "cannot open '" + path + "'");
  clones.push_back(std::move(clone));
  return mapped;
}

/// Only lowers are mapped: overlayfs copies up as the one who mounted it, host root, who has no id on a mapped upper (EOVERFLOW). The upper
/// therefore holds the ids as the host counts, like any container's without idmap=.
Result<OpenLayers> open_layers(const Layers& layers, const std::string& idmap, std::span<const IdMap> map) {
  OpenLayers open;
  for (const std::string& path : layers.lowers) {
    LXCX_TRY(lower_layer, idmap.empty() ? open_layer(path, "lower") : open_mapped(open.clones, path, idmap, map));
    open.lowers.push_back(std::move(lower_layer));
  }
  LXCX_TRY(upper, open_layer(layers.upper, "upper"));
  LXCX_TRY(work, open_layer(layers.work(), "work"));
  open.upper = std::move(upper);
  open.work = std::move(work);
  return open;
}

/// fsopen(2)'s context, and what it says of errors.
class Context {
 public:
  static Result<Context> open() {
    Fd fd(::fsopen("overlay", FSOPEN_CLOEXEC));
    if (fd) return Context(std::move(fd));
    return os_error(errno, "cannot open an overlay file system (fsopen)", errno == ENODEV ? "the kernel has no overlayfs: modprobe overlay" : "");
  }

  bool set(const char* key, const std::string& value) const { return ::fsconfig(fd_.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0; }
  bool set(const char* key, const Fd& value) const { return ::fsconfig(fd_.get(), FSCONFIG_SET_FD, key, nullptr, value.get()) == 0; }
  bool set(const char* flag) const { return ::fsconfig(fd_.get(), FSCONFIG_SET_FLAG, flag, nullptr, 0) == 0; }
  bool create() const { return ::fsconfig(fd_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0; }
  int mount() const { return ::fsmount(fd_.get(), FSMOUNT_CLOEXEC, 0); }

  /// Each read gives one message, "e overlay: text"; none are left afterwards.
  std::string messages() const {
    std::string all;
    char line[512];
    for (ssize_t size = 0; (size = ::read(fd_.get(), line, sizeof line)) > 0;) {
      std::string_view text(line, static_cast<std::size_t>(size));
      if (text.size() > 2 && text[1] == ' ') text.remove_prefix(2);
      while (text.ends_with('\n')) text.remove_suffix(1);
      all.append(all.empty() ? "" : "; ").append(text);
    }
    return all;
  }

  Failure failed(const std::string& what,
                 std::string hint = "dmesg may say more; the layers must be directories of file systems that overlayfs accepts") const {
    const int error = errno;
    const std::string said = messages();
    return os_error(error, said.empty() ? what : what + ": " + said, std::move(hint));
  }

 private:
  explicit Context(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// A path as fsconfig(2) takes it: at most 255 bytes, and free of what overlayfs or the older parser give a meaning; else by its descriptor.
std::string as_string(const std::string& path, const Fd& fd) {
  if (path.size() < 200 && path.find_first_of(":,\\") == std::string::npos) return path;
  return "/proc/self/fd/" + std::to_string(fd.get());
}

bool set_layers(const Context& context, const Layers& layers, const OpenLayers& open, LayerForm form) {
  std::string joined;
  for (std::size_t i = 0; i < open.lowers.size(); ++i) {
    if (form == LayerForm::descriptors && !context.set("lowerdir+", open.lowers[i])) return false;
    if (form == LayerForm::strings && !context.set("lowerdir+", as_string(layers.lowers[i], open.lowers[i]))) return false;
    joined += (i == 0 ? "" : ":") + as_string(layers.lowers[i], open.lowers[i]);
  }
  if (form == LayerForm::descriptors) return context.set("upperdir", open.upper) && context.set("workdir", open.work);
  if (form == LayerForm::joined) {
    if (joined.size() > 255) joined.clear();
    for (std::size_t i = 0; joined.empty() && i < open.lowers.size(); ++i)
      joined += (i == 0 ? "/proc/self/fd/" : ":/proc/self/fd/") + std::to_string(open.lowers[i].get());
    if (!context.set("lowerdir", joined)) return false;
  }
  return context.set("upperdir", as_string(layers.upper, open.upper)) && context.set("workdir", as_string(layers.work(), open.work));
}

/// Inside a user namespace overlayfs may keep its marks in user.* attributes only (Documentation/filesystems/overlayfs.rst, "User xattr").
bool in_initial_user_namespace() {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 1, outside = 1, range = 0;
  map >> inside >> outside >> range;
  return inside == 0 && outside == 0 && range == 4294967295;
}

Result<void> set_options(const Context& context, const storage::MountOptions& options) {
  for (const std::string& word : options.superblock)
    if (word != "silent" && !context.set(word.c_str()))
      return context.failed("overlayfs refuses the option '" + word + "'", "remove it from lxc.rootfs.options");
  for (const std::string& word : options.rest) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals);
    if (key.starts_with("lowerdir") || key.starts_with("datadir") || key == "upperdir" || key == "workdir")
      return fail(Code::config, "lxc.rootfs.options: '" + word + "': the layers are said by lxc.rootfs.path", "remove it");
    const bool taken = equals == std::string::npos ? context.set(key.c_str()) : context.set(key.c_str(), word.substr(equals + 1));
    if (!taken)
      return context.failed("lxc.rootfs.options: overlayfs refuses '" + word + "'",
                            "remove it, or correct it: the options are in the kernel's overlayfs.rst");
  }
  if (!in_initial_user_namespace() && !context.set("userxattr")) return context.failed("overlayfs refuses the option 'userxattr'");
  return {};
}

/// Options come first and layers after, in a context of its own for each form: a refused layer would leave half a stack behind.
Result<Context> configure(const Layers& layers, const storage::MountOptions& options, const OpenLayers& open, LayerForm form) {
  LXCX_TRY(context, Context::open());
  LXCX_CHECK(set_options(context, options));
  context.set("source", as_string(layers.lowers.front(), open.lowers.front()));  // what /proc/mounts shows in front; LXC shows the lower too
  if (!set_layers(context, layers, open, form)) return context.failed("overlayfs refuses the layers");
  if (!context.create()) return context.failed("cannot make the overlay");
  return context;
}

}  // namespace

Result<struct stat> stat_lower(const std::string& path, const std::string& idmap, std::span<const IdMap> map) {
  std::vector<Fd> clones;
  LXCX_TRY(fd, idmap.empty() ? open_layer(path, "lower") : open_mapped(clones, path, idmap, map));
  struct stat status{};
  if (::fstat(fd.get(), &status) < 0) return os_error(errno, "cannot stat lower layer '" + path + "'");
  return status;
}

Result<Fd> mount_overlay(const Layers& layers, const storage::MountOptions& options, std::span<const IdMap> map, LayerForm first) {
  LXCX_TRY(open, open_layers(layers, options.idmap, map));
  Result<Context> context = configure(layers, options, open, first);
  const bool needs_descriptors = !options.idmap.empty();
  for (int form = static_cast<int>(first) + 1; !needs_descriptors && !context && context.error().sys_errno == EINVAL && form <= 2; ++form) {
    Result<Context> older = configure(layers, options, open, static_cast<LayerForm>(form));
    if (older || form == 2) context = std::move(older);
  }
  if (!context && needs_descriptors && context.error().sys_errno == EINVAL)
    context.error().hint = "an id-mapped overlay needs Linux 6.15; without idmap= the layers' files must belong to the mapped ids";
  if (!context) return std::unexpected(std::move(context).error());
  Fd mount(context->mount());
  if (!mount) return context->failed("cannot mount the overlay (fsmount)");
  return mount;
}

}  // namespace lxcx::overlay
