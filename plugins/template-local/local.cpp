// SPDX-License-Identifier: Apache-2.0
// A container from an image's two archives: its root file system, and metadata that says how to configure it.
#include <fcntl.h>
#include <sys/stat.h>

#include <charconv>
#include <ctime>

#include "archive.hpp"
#include "image_config.hpp"
#include "lxcx/plugin.hpp"
#include "metadata.hpp"
#include "placeholders.hpp"
#include "storage-common/os_error.hpp"
#include "template-common/arguments.hpp"
#include "template-common/rootfs.hpp"

namespace {
using namespace lxcx;
using namespace lxcx::local;
using namespace lxcx::templates;

constexpr std::array options_table{
    Option{"metadata", 'm', "FILE", "none", "The image's metadata archive (meta.tar.xz)"},
    Option{"fstree", 'f', "FILE", "", "The image's root file system, an archive of any compression that tar knows"},
    Option{"no-dev", 0, "", "with an id map", "Leave out what is in dev/: lxcx fills /dev itself, and devices cannot be made under an id map"},
    Option{"trust-metadata", 0, "", "off", "Take configuration that runs programs on the host or mounts its files"},
};

constexpr std::size_t largest_template_file = 1 << 20;

/// Everything the image wants in the container's configuration, checked before anything is unpacked.
struct ImageConfig {
  std::vector<std::string> lines;
  std::string fstab;
};

struct Origin {
  bool is_trusted;  ///< as root is
  bool has_id_map;
};

Result<ImageConfig> read_config(const Metadata& metadata, const Placeholders& placeholders, Origin origin) {
  ImageConfig config;
  LXCX_TRY(has_config, metadata.member("config"));
  if (!has_config)
    return fail(Code::config, "the metadata has no member 'config'",
                "is it really an image's metadata? its tar holds config, templates, excludes, ...");
  LXCX_TRY(config_lines, metadata.lines("config"));
  for (const std::string& raw : config_lines) {
    std::string line = placeholders.replace(raw);
    if (!origin.is_trusted) LXCX_CHECK(check_config_line(line, origin.has_id_map));
    config.lines.push_back(std::move(line));
  }
  LXCX_TRY(mounts, metadata.lines("fstab"));
  for (const std::string& raw : mounts) {
    const std::string line = placeholders.replace(raw);
    if (!origin.is_trusted) LXCX_CHECK(check_mount_line(line, origin.has_id_map));
    config.fstab += line + "\n";
  }
  return config;
}

/// A new file beside the configuration. It stays the host's root's, also with an id map: the container has no business in it.
Result<void> write_fstab(const std::string& path, std::string_view text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return os_error(errno, "cannot make '" + path + "'");
  return doing(replace_all(file.get(), text), "write '" + path + "'");
}

Result<void> substitute(const Rootfs& rootfs, const std::string& path, const Placeholders& placeholders) {
  LXCX_TRY(file, rootfs.open_file(path, largest_template_file));
  LXCX_TRY(text, read_all(file.get(), largest_template_file));
  const std::string replaced = placeholders.replace(text);
  if (replaced == text) return {};
  return doing(replace_all(file.get(), replaced), "write '" + path + "' in the root file system");
}

Result<void> substitute_all(Call& call, const Rootfs& rootfs, const std::vector<std::string>& paths, const Placeholders& placeholders) {
  for (const std::string& path : paths) {
    Result<void> done = substitute(rootfs, path, placeholders);
    if (!done && done.error().code == Code::not_found) {
      call.log(LXCX_WARN, "the image lists '" + path + "' for substitution but does not have it, ignoring");
      continue;
    }
    if (!done) return doing(std::move(done), "replace placeholders");
  }
  return {};
}

/// upstart's mingetty hangs up a terminal that it does not own, unless told not to.
Result<void> keep_mingetty(const Rootfs& rootfs) {
  const Result<Fd> file = rootfs.open_file("etc/init/tty.conf", largest_template_file);
  if (!file) return {};
  LXCX_TRY(text, read_all(file->get(), largest_template_file));
  const auto at = text.find("mingetty");
  if (at == std::string::npos || text.find("--nohangup") != std::string::npos) return {};
  return replace_all(file->get(), text.insert(at + 8, " --nohangup"));
}

Result<void> warn_if_expired(Call& call, const Metadata& metadata) {
  LXCX_TRY(lines, metadata.lines("expiry"));
  std::int64_t expiry = 0;
  if (lines.empty()) return {};
  std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), expiry);
  if (expiry > 0 && expiry < std::time(nullptr)) call.log(LXCX_WARN, "the image has expired: there may be newer ones");
  return {};
}

class Local final : public Template {
 public:
  Result<void> build(Call& call, const Build& build) override {
    LXCX_TRY(arguments, parse_arguments(options_table, build.args));
    const auto fstree = arguments.find("fstree");
    if (fstree == arguments.end()) return fail(Code::usage, "no root file system is named", "give -- --fstree=FILE [--metadata=FILE]");
    LXCX_TRY(archive, open_archive(fstree->second));
    LXCX_TRY(owner, storage::container_root(build.idmap));
    LXCX_TRY(rootfs, Rootfs::open(build.rootfs, owner));
    Unpacking unpacking{std::string(build.rootfs), {}, true, build.idmap, 0};
    if (arguments.contains("no-dev") || !build.idmap.empty()) unpacking.excludes = {"dev/*", "./dev/*"};

    const auto named = arguments.find("metadata");
    if (named == arguments.end()) {
      call.result("message", "'" + fstree->second + "' came without metadata: check the configuration of '" + std::string(build.container) +
                                 "' before you start it.");
      return finish(call, build, rootfs, archive, unpacking, nullptr, {});
    }
    LXCX_TRY(metadata_archive, open_archive(named->second));
    LXCX_TRY(metadata, Metadata::unpack(call, metadata_archive, build.idmap.empty() ? "system" : "user"));
    LXCX_CHECK(warn_if_expired(call, metadata));
    LXCX_TRY(config, read_config(metadata, Placeholders(build), {arguments.contains("trust-metadata"), !build.idmap.empty()}));
    LXCX_TRY(excludes, metadata.lines("excludes"));
    unpacking.excludes.insert(unpacking.excludes.end(), excludes.begin(), excludes.end());
    return finish(call, build, rootfs, archive, unpacking, &metadata, config);
  }

  Result<void> options(Call& call, const Build&) override {
    emit_options(call, options_table);
    return {};
  }

 private:
  /// All is known and checked: unpack, adapt, configure.
  static Result<void> finish(Call& call, const Build& build, const Rootfs& rootfs, const Archive& archive, const Unpacking& unpacking,
                             const Metadata* metadata, const ImageConfig& config) {
    LXCX_CHECK(unpack(call, archive, unpacking));
    LXCX_CHECK(rootfs.make_directory("dev", 0755));
    LXCX_CHECK(rootfs.make_directory("dev/pts", 0755));
    LXCX_CHECK(keep_mingetty(rootfs));
    const Placeholders placeholders(build);
    if (metadata != nullptr) {
      LXCX_TRY(files, metadata->lines("templates"));
      LXCX_CHECK(substitute_all(call, rootfs, files, placeholders));
    }
    for (const std::string& line : config.lines) call.result("config", line);
    if (!config.fstab.empty()) {
      const std::string path = std::string(build.directory) + "/fstab";
      LXCX_CHECK(write_fstab(path, config.fstab));
      call.result("config", "lxc.mount.fstab = " + path);
    }
    call.result("config", "lxc.uts.name = " + std::string(build.container));
    if (metadata == nullptr) return {};
    LXCX_TRY(message, metadata->member("create-message"));
    if (message && !message->empty()) call.result("message", placeholders.replace(*message));
    return {};
  }
};

}  // namespace

LXCX_PLUGIN(template, Local, "local", LXCX_PLUGIN_VERSION, "Unpacks an image's root file system and metadata from local archives", "Apache-2.0");
