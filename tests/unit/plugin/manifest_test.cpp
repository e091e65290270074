// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/manifest.hpp"

#include <catch2/catch.hpp>

namespace lxcx::core {

TEST_CASE("a manifest is read whole", "[plugin]") {
  const Result<Manifest> manifest = parse_manifest(R"({
    "manifest": 1, "kind": "net", "name": "x-1", "version": "2.1", "library": "network-x-1.so", "abi": "1.0",
    "summary": "é", "license": "MIT", "capabilities": ["no-device"], "schemes": ["a", "b"], "events": ["stop"], "needs": ["fs:x"],
    "settings": {"link": {"type": "string", "default": "br0", "doc": "Where"}, "mtu": {"type": "integer", "default": 1500}, "on": {"type": "boolean", "default": true}}
  })",
                                                   "/p/lib/lxcx/plugins.d/network-x-1.json");
  REQUIRE(manifest);
  CHECK(manifest->kind == Kind::network);
  CHECK(manifest->name == "x-1");
  CHECK(manifest->has("no-device"));
  CHECK_FALSE(manifest->has("host-namespace"));
  CHECK(manifest->schemes == std::vector<std::string>{"a", "b"});
  CHECK(manifest->declares("mtu"));
  REQUIRE(manifest->settings.size() == 3);
  CHECK(manifest->settings[0].default_value == "br0");
  CHECK(manifest->settings[1].default_value == "1500");
  CHECK(manifest->settings[2].default_value == "true");
  CHECK(manifest->library_path == "/p/lib/lxcx/plugins/network-x-1.so");
  CHECK(library_candidates(*manifest) == std::vector<std::string>{"/p/lib/lxcx/plugins/network-x-1.so", "/p/lib/lxcx/plugins.d/network-x-1.so"});
}

TEST_CASE("names that a manifest's file may have", "[plugin]") {
  CHECK(manifest_file_names(Kind::storage, "dir") == std::vector<std::string>{"storage-dir.json"});
  CHECK(manifest_file_names(Kind::network, "veth") == std::vector<std::string>{"network-veth.json", "net-veth.json"});
}

TEST_CASE("a plugin's name cannot leave its directory or steer a terminal", "[plugin]") {
  for (const char* good : {"dir", "x-1", "a.b_c", "7z"}) CHECK(is_plugin_name(good));
  for (const char* bad : {"", ".", "..", "../x", "a/b", "-x", "A", "a\n", "\x1b[2J"}) CHECK_FALSE(is_plugin_name(bad));
  CHECK_FALSE(is_plugin_name(std::string(65, 'a')));
}

TEST_CASE("any bytes are a manifest or an error, never more", "[plugin]") {
  const std::string text = R"({"manifest":1,"kind":"hook","name":"a","version":"1","library":"a.so","abi":"1.0","summary":"s","license":"l"})";
  REQUIRE(parse_manifest(text, "/m"));
  for (std::size_t i = 0; i < text.size(); ++i) {
    CHECK_FALSE(parse_manifest(text.substr(0, i), "/m"));
    std::string changed = text;
    changed[i] = '\xff';
    CHECK_FALSE(parse_manifest(changed, "/m"));
  }
  const std::string deep(100000, '[');
  CHECK_FALSE(parse_manifest(deep, "/m"));
}

TEST_CASE("JSON that is no manifest at all is refused with what to do", "[plugin]") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"0", "expected an object, found a number"},
      {"[]", "expected an object, found a list"},
      {R"({"manifest": 1e999})", "a number in it is too large"},
      {R"({"manifest": 1, "settings": {"a": {"default": -1e999}}})", "a number in it is too large"},
  }));
  CAPTURE(text);
  const Result<Manifest> manifest = parse_manifest(text, "/m");
  REQUIRE_FALSE(manifest);
  CHECK(manifest.error().code == Code::plugin);
  CHECK_THAT(manifest.error().message, Catch::Contains("'/m'") && Catch::Contains(message));
  CHECK_FALSE(manifest.error().hint.empty());
}

}  // namespace lxcx::core
