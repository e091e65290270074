// SPDX-License-Identifier: Apache-2.0
// As root, nothing is believed that others can write. These tests give files to another user, so they need root.
#include <fcntl.h>

#include <cstdio>

#include "core/plugin/loader.hpp"
#include "core/plugin/trust.hpp"
#include "registry_under_test.hpp"

namespace lxcx::core {

namespace {

constexpr uid_t somebody = 12345;

Result<Storage*> load(const RegistryUnderTest& registry) {
  Plugins plugins = registry.plugins();
  Result<Storage*> loaded = plugins.storage("sample");
  return loaded;
}

void check_refused(const RegistryUnderTest& registry, const std::string& path, const std::string& why) {
  const Result<Storage*> loaded = load(registry);
  REQUIRE_FALSE(loaded);
  CAPTURE(loaded.error().message);
  CHECK(loaded.error().code == Code::plugin);
  CHECK(contains(loaded.error().message, "refused '" + path + "'"));
  CHECK(contains(loaded.error().message, why));
  CHECK_FALSE(loaded.error().hint.empty());
}

/// The tests run as root in CI; elsewhere ctest shows a skip and not a success.
void need_root() {
  if (::geteuid() == 0) return;
  std::fputs("skipped: needs root, to give files to another user\n", stderr);
  std::exit(77);
}

}  // namespace

TEST_CASE("a registry that only root can write is trusted, also below the sticky /tmp", "[bad-plugins][root]") {
  need_root();
  const RegistryUnderTest registry;
  registry.manifest();
  registry.library("good");
  CHECK(load(registry));
}

TEST_CASE("a manifest that others can write is refused", "[bad-plugins][root]") {
  need_root();
  const RegistryUnderTest registry;
  const std::string manifest = registry.manifest();
  registry.library("good");
  SECTION("everybody") {
    ::chmod(manifest.c_str(), 0666);
    check_refused(registry, manifest, "everybody can write it");
  }
  SECTION("its group") {
    ::chmod(manifest.c_str(), 0664);
    check_refused(registry, manifest, "its group can write it");
  }
  SECTION("its owner") {
    REQUIRE(::chown(manifest.c_str(), somebody, 0) == 0);
    check_refused(registry, manifest, "it is owned by user 12345");
  }
}

TEST_CASE("a library that others can write is refused", "[bad-plugins][root]") {
  need_root();
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string library = registry.library("constructor-aborts");  // loading it would be noticed
  ::chmod(library.c_str(), 0646);
  check_refused(registry, library, "everybody can write it");
}

TEST_CASE("a registry directory that others can write is refused, and so is one above it", "[bad-plugins][root]") {
  need_root();
  const RegistryUnderTest registry;
  registry.manifest();
  registry.library("good");
  SECTION("itself") {
    ::chmod(registry.manifests().c_str(), 0777);
    check_refused(registry, registry.manifests(), "everybody can write it");
  }
  SECTION("itself, sticky: others could still add to it") {
    ::chmod(registry.manifests().c_str(), 01777);
    check_refused(registry, registry.manifests(), "everybody can write it");
  }
  SECTION("an ancestor") {
    ::chmod((registry.root() + "/lib").c_str(), 0777);
    check_refused(registry, registry.root() + "/lib", "everybody can write it");
  }
  SECTION("an ancestor's owner") {
    REQUIRE(::chown((registry.root() + "/lib").c_str(), somebody, 0) == 0);
    check_refused(registry, registry.root() + "/lib", "it is owned by user 12345");
  }
}

TEST_CASE("a refused directory is listed with its reason", "[bad-plugins][root]") {
  need_root();
  const RegistryUnderTest registry;
  registry.manifest();
  ::chmod(registry.manifests().c_str(), 0777);
  const std::vector<RegistryEntry> entries = registry.plugins().list();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].state == "refused");
  CHECK(entries[0].path == registry.manifests());
  CHECK(contains(entries[0].why, "everybody can write it"));
}

TEST_CASE("a registry directory that is a symbolic link is refused", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string link = registry.root() + "/linked";
  std::filesystem::create_symlink(registry.manifests(), link);
  Plugins plugins(real_kernel(), Log::none(), {{link}, registry.manifests(), true});
  const Result<const Manifest*> found = plugins.find(Kind::storage, "sample");
  REQUIRE_FALSE(found);
  CHECK(contains(found.error().message, "refused '" + link + "': a directory of manifests or libraries may not be a symbolic link"));
}

TEST_CASE("a symbolic link above the registry is followed when root made it, and refused when another did", "[bad-plugins][root]") {
  need_root();
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string link = registry.root() + "/usr";
  std::filesystem::create_directory_symlink("lib", link);
  Plugins plugins(real_kernel(), Log::none(), {{link + "/lxcx/plugins.d"}, {}, true});
  CHECK(plugins.find(Kind::storage, "sample"));
  REQUIRE(::lchown(link.c_str(), somebody, 0) == 0);
  Plugins again(real_kernel(), Log::none(), {{link + "/lxcx/plugins.d"}, {}, true});
  const Result<const Manifest*> found = again.find(Kind::storage, "sample");
  REQUIRE_FALSE(found);
  CHECK(contains(found.error().message, "refused '" + link + "': it is owned by user 12345"));
}

TEST_CASE("a manifest or library that is no regular file is refused, and nothing waits on it", "[bad-plugins]") {
  const RegistryUnderTest registry;
  const std::string manifest = registry.manifests() + "/storage-sample.json";
  SECTION("a manifest that is a FIFO") {
    REQUIRE(::mkfifo(manifest.c_str(), 0644) == 0);
    check_refused(registry, manifest, "it is not a regular file");
  }
  SECTION("a manifest that is a link to a file") {
    std::filesystem::rename(registry.manifest(), registry.root() + "/elsewhere.json");
    std::filesystem::create_symlink(registry.root() + "/elsewhere.json", manifest);
    check_refused(registry, manifest, "it is a symbolic link");
  }
  SECTION("a library that is a link") {
    registry.manifest();
    std::filesystem::rename(registry.library("good"), registry.root() + "/elsewhere.so");
    std::filesystem::create_symlink(registry.root() + "/elsewhere.so", registry.libraries() + "/sample.so");
    check_refused(registry, registry.libraries() + "/sample.so", "it is a symbolic link");
  }
}

TEST_CASE("what is loaded is what was checked, whatever its path names by then", "[bad-plugins]") {
  const RegistryUnderTest registry;
  const std::string library = registry.library("good");
  const Trust trust(real_kernel());
  Result<UniqueFd> checked = trust.open_path(library);
  REQUIRE(checked);
  std::filesystem::remove(library);
  registry.library("constructor-aborts");  // loading it would end this process
  const Result<const lxcx_plugin_descriptor*> loaded = load_library(real_kernel(), std::move(*checked), library);
  REQUIRE(loaded);
  CHECK(std::string((*loaded)->name) == "sample");
}

}  // namespace lxcx::core
