// SPDX-License-Identifier: Apache-2.0
// A storage plugin out of the tree: a volume is the directory POOL/CONTAINER.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>

#include <lxcx/plugin.hpp>

namespace {
using namespace lxcx;
namespace fs = std::filesystem;

constexpr std::string_view default_pool = "/srv/lxcx-pool";
constexpr std::string_view made = "made";  // the undo record: the directory that create made

fs::path pool_of(const Call& call) { return call.setting("directory", default_pool); }

fs::path path_of(const Call& call, const Volume& volume) { return pool_of(call) / std::string(volume.container); }

class Pool final : public Storage, public Detects {
 public:
  Result<std::string> create(Call& call, const Volume& volume, std::uint64_t size_bytes) override {
    if (size_bytes != 0) return fail(Code::unsupported, "a directory has no size of its own", "leave the size out");
    std::error_code error;
    if (!fs::is_directory(pool_of(call), error))
      return fail(Code::not_found, "there is no pool '" + pool_of(call).string() + "'", "create it, or set lxcx.storage.pool.directory");
    const fs::path path = path_of(call, volume);
    if (fs::exists(path, error) && !fs::is_empty(path, error))
      return fail(Code::busy, "'" + path.string() + "' exists and is not empty", "destroy the container that has it, or move it away");
    // First the record, then the act: whoever finds the record after a crash may remove the directory.
    LXCX_CHECK(call.record(made, path.string()));
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
      return fail_errno(errno, "cannot make '" + path.string() + "'", "look at the pool's permissions");
    return path.string();
  }

  Result<void> destroy(Call& call, const Volume& volume) override {
    // Its own name in the pool, or what create recorded (the pool may have been another then): nothing else is ours to remove.
    if (volume.source != path_of(call, volume).native() && volume.source != call.recall(made))
      return fail(Code::denied, "'" + std::string(volume.source) + "' was not made by this plugin", "remove it by hand if it is meant to go");
    std::error_code error;
    fs::remove_all(std::string(volume.source), error);  // does not follow links; what is gone already is no error
    if (error) return fail_errno(error.value(), "cannot remove '" + std::string(volume.source) + "'", "look for a mount in it");
    return {};
  }

  Result<int> attach(Call& call, const Volume& volume) override {
    if (!volume.options.empty())
      return fail(Code::config, "lxc.rootfs.options: '" + std::string(volume.options) + "' means nothing to a pool", "leave it out");
    const std::string path(volume.source);
    // open_tree(2): a bind mount that stands nowhere yet; lxcx moves it into the container.
    const long fd = ::syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (fd < 0) return fail_errno(errno, "cannot attach '" + path + "'", "`lxcx create` makes it");
    call.result("path", path);
    return static_cast<int>(fd);
  }

  Result<void> detach(Call&, const Volume&) override { return {}; }  // the mount goes with its fd

  bool detect(Call& call, std::string_view source) override {
    std::error_code error;
    return fs::path(source).parent_path() == pool_of(call) && fs::is_directory(std::string(source), error);
  }
};

}  // namespace

LXCX_PLUGIN(storage, Pool, "pool", LXCX_PLUGIN_VERSION, "One directory that holds the root file systems of all containers", "Apache-2.0");
