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

TEST_CASE("files that are no manifests are not looked at; one that was to be a manifest is listed, and why it is none", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest();
  for (const char* name : {"README", "storage-x.json.dpkg-new", ".storage-x.json.new", ".sample.json"})
    registry.write(registry.manifests() + "/" + name, "{");
  CHECK(registry.plugins().list().size() == 1);
  for (const char* name : {"engine-x.json", "sample.json", "storage-.json"}) registry.write(registry.manifests() + "/" + name, "{");
  const std::vector<RegistryEntry> entries = registry.plugins().list();
  REQUIRE(entries.size() == 4);
  for (const RegistryEntry& entry : entries) CHECK((entry.state == "refused") == entry.name.empty());
  CHECK(contains(entries[0].why, "'engine', which is no kind of plugin: storage, network, "));
  CHECK(contains(entries[1].why, "KIND-NAME.json"));
  CHECK(entries[1].path == registry.manifests() + "/sample.json");
}

TEST_CASE("what keeps a manifest's library from being loaded is listed with it", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest();
  REQUIRE(registry.plugins().list().size() == 1);
  CHECK(contains(registry.plugins().list()[0].why, "its library is not there: "));
  registry.library("good");
  CHECK(registry.plugins().list()[0].why.empty());
  registry.manifest(R"("abi": "1.0")", R"("abi": "99.0")");
  const RegistryEntry entry = registry.plugins().list()[0];
  CHECK(entry.state == "active");
  CHECK(contains(entry.why, "99.0"));
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
