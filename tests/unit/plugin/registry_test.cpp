// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/registry.hpp"

#include "registry_under_test.hpp"

namespace lxcx::core {

TEST_CASE("directories are searched in the documented order, each once", "[plugin]") {
  Plugins plugins(real_kernel(), Log::none(), {{"/one/", "/two", "/one"}, "/usr/lib/lxcx/plugins.d", false});
  CHECK(plugins.directories() ==
        std::vector<std::string>{"/one", "/two", "/etc/lxcx/plugins.d", "/usr/local/lib/lxcx/plugins.d", "/usr/lib/lxcx/plugins.d"});
}

TEST_CASE("find opens the one manifest and looks at no other", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest();
  registry.write(registry.manifests() + "/storage-broken.json", "{");
  REQUIRE(::mkfifo((registry.manifests() + "/storage-fifo.json").c_str(), 0644) == 0);
  // A directory that may be searched and not read: listing it would fail for all but root.
  ::chmod(registry.manifests().c_str(), 0711);
  Plugins plugins = registry.plugins();
  CHECK(plugins.find(Kind::storage, "sample"));
}

TEST_CASE("a plugin that is not there is an error with those that are, and the nearest", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest();
  Plugins plugins = registry.plugins();
  const Result<const Manifest*> found = plugins.find(Kind::storage, "sampel");
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Code::not_found);
  CHECK(contains(found.error().hint, "did you mean 'sample'?"));
  CHECK(plugins.find(Kind::storage, "../storage-sample").error().code == Code::not_found);
  CHECK(plugins.find(Kind::hook, "sample").error().code == Code::not_found);
}

TEST_CASE("a directory that the user names must be there; a standard one need not", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest();
  Plugins plugins(real_kernel(), Log::none(), {{registry.root() + "/missing"}, registry.manifests(), true});
  const Result<const Manifest*> found = plugins.find(Kind::storage, "sample");
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Code::not_found);
  CHECK(contains(found.error().message, registry.root() + "/missing"));
  Plugins standard(real_kernel(), Log::none(), {{}, registry.root() + "/missing", true});
  CHECK(standard.list().empty());
}

TEST_CASE("files that are no manifests are not looked at", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest();
  for (const char* name : {"README", "storage-x.json.dpkg-new", "storage-.json", "sample.json", "engine-x.json", ".storage-x.json.new"})
    registry.write(registry.manifests() + "/" + name, "{");
  CHECK(registry.plugins().list().size() == 1);
}

TEST_CASE("the library is beside the manifests' directory, or beside the manifest", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string library = registry.library("good");
  Plugins plugins = registry.plugins();
  CHECK((*plugins.find(Kind::storage, "sample"))->library_path == library);
  std::filesystem::rename(library, registry.manifests() + "/sample.so");
  Plugins again = registry.plugins();
  CHECK((*again.find(Kind::storage, "sample"))->library_path == registry.manifests() + "/sample.so");
  CHECK(again.storage("sample"));
}

TEST_CASE("a scheme is served by the plugin of its name, or by the one that says so", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest("\"license\"", "\"schemes\": [\"sample\", \"old-sample\"], \"license\"");
  Plugins plugins = registry.plugins();
  CHECK(*plugins.storage_for_scheme("sample") == "sample");
  CHECK(*plugins.storage_for_scheme("old-sample") == "sample");
  CHECK(plugins.storage_for_scheme("zfs").error().code == Code::not_found);
}

}  // namespace lxcx::core
