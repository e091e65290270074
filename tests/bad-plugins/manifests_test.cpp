// SPDX-License-Identifier: Apache-2.0
// One manifest per defect.
#include "registry_under_test.hpp"

namespace lxcx::core {

namespace {

/// Asks find and list; both must say the same.
Error refusal_of(const RegistryUnderTest& registry) {
  Plugins plugins = registry.plugins();
  const Result<const Manifest*> found = plugins.find(Kind::storage, "sample");
  REQUIRE_FALSE(found);
  const std::vector<RegistryEntry> entries = plugins.list();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].state == "refused");
  CHECK(entries[0].why == found.error().message);
  CHECK(found.error().code == Code::plugin);
  CHECK_FALSE(found.error().hint.empty());
  return found.error();
}

}  // namespace

TEST_CASE("a manifest with a defect is refused with its field, what was expected and what was found", "[bad-plugins]") {
  struct Defect {
    const char *from, *to, *message;
  };
  const Defect defect =
      GENERATE(Defect{"\"manifest\": 1,", "", "field 'manifest': is missing"},
               Defect{"\"manifest\": 1", "\"manifest\": \"1\"", "field 'manifest': expected a whole number, found text"},
               Defect{"\"manifest\": 1", "\"manifest\": 2, \"isolation\": \"process\"",
                      "format 2 is newer than 1, the newest this lxcx understands (it has the unknown field 'isolation')"},
               Defect{"\"kind\": \"storage\",", "", "field 'kind': is missing"},
               Defect{"\"storage\"", "\"storag\"", "field 'kind': expected storage, network, template, security or hook, found 'storag'"},
               Defect{"\"version\": \"1.0.0\"", "\"version\": 1", "field 'version': expected text, found a number"},
               Defect{"\"summary\": \"A sample\"", "\"summary\": \"\\u001b[2J\"", "field 'summary': contains a control character"},
               Defect{"\"summary\": \"A sample\"", "\"summary\": \"\"", "field 'summary': is empty"},
               Defect{"\"sample.so\"", "\"../../evil.so\"", "field 'library': expected a file name or an absolute path"},
               Defect{"\"1.0\"", "\"one\"", "field 'abi': expected MAJOR.MINOR such as 1.0, found 'one'"},
               Defect{"\"license\"", "\"needs\": \"fs:btrfs\", \"license\"", "field 'needs': expected a list of texts, found text"},
               Defect{"\"license\"", "\"needs\": [1], \"license\"", "field 'needs[0]': expected text, found a number"},
               Defect{"\"license\"", "\"settings\": {\"dir\": {\"type\": \"folder\"}}, \"license\"",
                      "field 'settings.dir.type': expected string, path, integer, size or boolean, found 'folder'"},
               Defect{"\"license\"", "\"name\": \"sample\", \"license\"", "field 'name' stands twice"},
               Defect{"\"name\": \"sample\"", "\"name\": \"simple\"",
                      "its file name says storage 'sample', its fields \"kind\" and \"name\" say storage 'simple'"});
  const RegistryUnderTest registry;
  const std::string path = registry.manifest(defect.from, defect.to);
  const Error error = refusal_of(registry);
  CAPTURE(error.message);
  CHECK(contains(error.message, defect.message));
  CHECK(contains(error.message, path));
}

TEST_CASE("a manifest that is not JSON is refused with its line and column", "[bad-plugins]") {
  const RegistryUnderTest registry;
  const std::string path = registry.manifest("\"kind\"", "kind");
  const Error error = refusal_of(registry);
  CHECK(contains(error.message, "manifest '" + path + "' is not JSON: syntax error"));
  REQUIRE(error.where.has_value());
  CHECK(error.where->file == path);
  CHECK(error.where->line == 3);
  CHECK(error.where->column == 3);
}

TEST_CASE("a field that a later lxcx of the same format may add is tolerated", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest("\"license\"", "\"homepage\": \"https://example.org\", \"license\"");
  Plugins plugins = registry.plugins();
  const Result<const Manifest*> found = plugins.find(Kind::storage, "sample");
  REQUIRE(found);
  CHECK((*found)->unknown_fields == std::vector<std::string>{"homepage"});
}

TEST_CASE("of two manifests for one name the first directory's wins, and the list shows who lost to whom", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string extra = registry.make("extra");
  std::string text = RegistryUnderTest::sample_manifest;
  text.replace(text.find("1.0.0"), 5, "7.7.7");
  registry.write(extra + "/storage-sample.json", text);
  RegistryOptions options = registry.options();
  options.extra_directories = {extra};
  Plugins plugins(real_kernel(), Log::none(), options);
  const Result<const Manifest*> found = plugins.find(Kind::storage, "sample");
  REQUIRE(found);
  CHECK((*found)->version == "7.7.7");
  const std::vector<RegistryEntry> entries = plugins.list();
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].state == "active");
  CHECK(entries[1].state == "shadowed");
  CHECK(entries[1].manifest.version == "1.0.0");
  CHECK(entries[1].why == "'" + extra + "/storage-sample.json' comes first");
}

TEST_CASE("a broken manifest is not stepped over for a later directory's", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string extra = registry.make("extra");
  registry.write(extra + "/storage-sample.json", "{");
  RegistryOptions options = registry.options();
  options.extra_directories = {extra};
  Plugins plugins(real_kernel(), Log::none(), options);
  CHECK_FALSE(plugins.find(Kind::storage, "sample"));
  const std::vector<RegistryEntry> entries = plugins.list();
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].state == "refused");
  CHECK(entries[1].state == "shadowed");
}

}  // namespace lxcx::core
