// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/settings_check.hpp"

#include <catch2/catch.hpp>

namespace lxcx::core {

namespace {

Manifest manifest() {
  Manifest m;
  m.name = "sample";
  m.settings = {{"count", "integer", "", "How many"},
                {"size", "size", "", "How much"},
                {"on", "boolean", "", ""},
                {"hook.*", "string", "", ""},
                {"path", "path", "", ""}};
  return m;
}

Result<void> check(const std::string& key, const std::string& value) { return check_settings(manifest(), {{key, value, {"/c", 3, 5}}}); }

}  // namespace

TEST_CASE("settings of the declared form pass", "[plugin]") {
  CHECK(check("count", "-3"));
  CHECK(check("size", "10G"));
  CHECK(check("size", "512 MiB"));
  CHECK(check("on", "yes"));
  CHECK(check("hook.pre-start", "anything"));
  CHECK(check("path", "/x"));
}

TEST_CASE("a setting that the plugin does not have is an error at its place, with the nearest name", "[plugin]") {
  const Result<void> checked = check("cuont", "1");
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == Code::config);
  CHECK(checked.error().where == Location{"/c", 3, 5});
  CHECK(checked.error().hint == "did you mean 'count'?");
  CHECK_FALSE(check("zzzzzzzz", "1").error().hint.empty());
}

TEST_CASE("a value of another form is an error that says which was expected", "[plugin]") {
  CHECK(check("count", "x").error().message == "the storage plugin 'sample': setting 'count': expected an integer, found 'x'");
  CHECK_FALSE(check("size", "10Q"));
  CHECK_FALSE(check("size", "G"));
  CHECK_FALSE(check("on", "maybe"));
}

}  // namespace lxcx::core
