// SPDX-License-Identifier: Apache-2.0
// The JSON that docs/json.md promises.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/report.hpp"
#include "run_lxcx.hpp"

namespace lxcx::host {
namespace {

using Json = nlohmann::json;

/// One line, one document, schema 1.
Json parsed(const std::string& text) {
  REQUIRE(std::ranges::count(text, '\n') == 1);
  Json json = Json::parse(text);
  REQUIRE(json.at("schema") == 1);
  return json;
}

TEST_CASE("ls in JSON has everything, or the columns asked for", "[host][json]") {
  core::FakeWorld& world = new_world();
  world.containers = {{.name = "web", .state = core::State::running, .init = 7, .manager = "lxcx", .ipv4 = {"10.0.3.2"}, .memory_bytes = 5},
                      {.name = "db\xff"}};
  const Json all = parsed(run_lxcx({"ls", "--format", "json"}).out);
  CHECK(all["containers"][0] == Json::parse(R"({"name":"web","state":"RUNNING","pid":7,"manager":"lxcx","defined":true,"autostart":false,
    "groups":[],"unprivileged":false,"interfaces":[],"ipv4":["10.0.3.2"],"ipv6":[],"memory_bytes":5,"swap_bytes":null})"));
  CHECK(all["containers"][1]["name"] == "db\ufffd");
  CHECK(all["containers"][1]["pid"].is_null());
  const Json few = parsed(run_lxcx({"--format=json", "ls", "-1"}).out);
  CHECK(few["containers"][0].size() == 5);
  CHECK(world.listed_details == false);
  world.containers.clear();
  CHECK(parsed(run_lxcx({"ls", "--format", "json"}).out)["containers"] == Json::array());
}

TEST_CASE("info in JSON tells absent from zero", "[host][json]") {
  core::FakeWorld& world = new_world();
  world.info.cpu_ns = 0;
  world.info.links = {{"veth0", 1, 2}, {"veth1", {}, 0}};
  world.config_values = {"a"};
  const Json json = parsed(run_lxcx({"info", "web", "--format", "json", "-c", "lxc.group"}).out);
  CHECK(json["name"] == "web");
  CHECK(json["state"] == "STOPPED");
  CHECK(json["pid"].is_null());
  CHECK(json["cpu_ns"] == 0);
  CHECK(json["memory_bytes"].is_null());
  CHECK(json["links"][0] == Json{{"name", "veth0"}, {"tx_bytes", 1}, {"rx_bytes", 2}});
  CHECK(json["links"][1] == Json{{"name", "veth1"}, {"tx_bytes", nullptr}, {"rx_bytes", 0}});
  CHECK(json["config"] == Json{{"lxc.group", {"a"}}});
}

TEST_CASE("cgroup in JSON keeps the lines of a value", "[host][json]") {
  new_world().cgroup_value = "a 1\nb 2\n";
  const Json json = parsed(run_lxcx({"cgroup", "web", "memory.stat", "--format", "json"}).out);
  CHECK(json["name"] == "web");
  CHECK(json["file"] == "memory.stat");
  CHECK(json["value"] == "a 1\nb 2");
}

TEST_CASE("an error in JSON is on stderr, whole, and stdout stays empty", "[host][json]") {
  new_world().error = Error{.code = Code::denied,
                            .sys_errno = EACCES,
                            .message = "open \x1b",
                            .hint = "be root",
                            .context = {"inner", "outer"},
                            .where = Location{"/c", 1, 2},
                            .details = "d"};
  const Ran ran = run_lxcx({"start", "web", "--format", "json"});
  CHECK(ran.status == 5);
  CHECK(ran.out.empty());
  CHECK(parsed(ran.err)["error"] == Json::parse(R"({"code":5,"name":"denied","message":"open \u001b","context":["outer","inner"],
    "errno":{"number":13,"name":"EACCES","text":"Permission denied"},"where":{"file":"/c","line":1,"column":2},"hint":"be root","details":"d"})"));
  CHECK(parsed(run_lxcx({"--format=json", "bogus"}).err)["error"]["name"] == "usage");
  CHECK(parsed(run_lxcx({"start", "--format", "json"}).err)["error"]["code"] == 2);
}

TEST_CASE("start, its plan and its trace in JSON", "[host][json]") {
  core::FakeWorld& world = new_world();
  world.start_outcome.init = 99;
  world.start_outcome.trace = {{"make cgroup", std::chrono::nanoseconds(1500), "parent"}};
  world.plan = {{"child", "exec", {"x"}}};
  const Json started = parsed(run_lxcx({"start", "web", "--format", "json", "--trace-steps"}).out);
  CHECK(started["pid"] == 99);
  CHECK(started["trace"][0] == Json{{"side", "parent"}, {"name", "make cgroup"}, {"ns", 1500}});
  CHECK_FALSE(parsed(run_lxcx({"start", "web", "--format", "json"}).out).contains("trace"));
  CHECK(parsed(run_lxcx({"start", "web", "--format", "json", "--dry-run"}).out)["plan"][0] ==
        Json{{"side", "child"}, {"name", "exec"}, {"details", {"x"}}});
}

TEST_CASE("config check in JSON counts and places every diagnostic", "[host][json]") {
  const std::string file = std::filesystem::temp_directory_path() / ("lxcxt-config-" + std::to_string(::getpid()));
  std::ofstream(file) << "lxc.uts.nam = x\nlxc.uts.name = web\n";
  const Ran broken = run_lxcx({"config", "check", "-f", file, "--format", "json"});
  std::ofstream(file) << "lxc.uts.name = web\n";
  const Ran clean = run_lxcx({"config", "check", "-f", file, "--format", "json"});
  const Ran text = run_lxcx({"config", "check", "-f", file});
  std::filesystem::remove(file);
  CHECK(broken.status == 10);
  const Json json = parsed(broken.out);
  CHECK(json["errors"] == 1);
  CHECK(json["diagnostics"][0]["severity"] == "error");
  CHECK(json["diagnostics"][0]["where"]["line"] == 1);
  CHECK(clean.status == 0);
  CHECK(parsed(clean.out)["diagnostics"] == Json::array());
  CHECK(text.out == file + ": 0 errors, 0 warnings\n");
  CHECK(run_lxcx({"config", "check", "-f", file}).status == 3);
  CHECK(run_lxcx({"config", "check"}).status == 2);
  CHECK(run_lxcx({"config", "check", "../x"}).status == 2);
}

TEST_CASE("config get in JSON tells where each value stands", "[host][json]") {
  core::FakeWorld& world = new_world();
  const std::string file = std::filesystem::temp_directory_path() / ("lxcxt-get-" + std::to_string(::getpid()));
  std::ofstream(file) << "lxc.group = a\nlxc.group = b\n";
  const Json json = parsed(run_lxcx({"config", "get", "-f", file, "lxc.group", "--format", "json"}).out);
  CHECK(json["name"].is_null());
  CHECK(json["key"] == "lxc.group");
  CHECK(json["settings"][1] == Json{{"key", "lxc.group"}, {"value", "b"}, {"where", {{"file", file}, {"line", 2}, {"column", 13}}}});
  CHECK(run_lxcx({"config", "get", "-f", file, "lxc.group"}).out == "a\nb\n");
  CHECK(run_lxcx({"config", "get", "-f", file, "lxc.tty.max"}).status == 3);
  CHECK(run_lxcx({"config", "get", "-f", file, "lxc.tty.maxx"}).status == 2);
  CHECK(run_lxcx({"config", "get", "-f", file, "-n", "web", "lxc.group"}).status == 2);
  CHECK(run_lxcx({"config", "get", "-f", file, "lxc.group", "--running"}).status == 2);
  CHECK(run_lxcx({"config", "get", "-f", file, "lxc.include"}).status == 6);
  CHECK(run_lxcx({"config", "get", "lxc.group"}).status == 2);
  world.running_config.settings = {{"lxc.group", "running", {}}};
  CHECK(run_lxcx({"config", "get", "web", "lxc.group", "--running"}).out == "running\n");
  std::filesystem::remove(file);
}

TEST_CASE("config convert in JSON tells every line that changed", "[host][json]") {
  const std::string file = std::filesystem::temp_directory_path() / ("lxcxt-convert-" + std::to_string(::getpid()));
  std::ofstream(file) << "lxc.tty = 1\nlxc.kmsg = 0\n";
  const Json json = parsed(run_lxcx({"config", "convert", "-c", file, "--format", "json"}).out);
  CHECK(json["file"] == file);
  CHECK(json["backup"] == file + ".backup");
  CHECK(json["changes"] ==
        Json::parse(R"([{"line":1,"before":"lxc.tty = 1","after":"lxc.tty.max = 1"},{"line":2,"before":"lxc.kmsg = 0","after":null}])"));
  CHECK(parsed(run_lxcx({"config", "convert", "-f", file, "--format", "json"}).out)["backup"].is_null());
  std::filesystem::remove(file);
  std::filesystem::remove(file + ".backup");
}

TEST_CASE("monitor in JSON is a document for each event", "[host][json]") {
  core::FakeWorld& world = new_world();
  world.events = {{"/var/lib/lxc", "web", 1700000000250000, core::State::running, {}}, {"/var/lib/lxc", "web", 1, core::State::stopping, 9}};
  const std::string out = run_lxcx({"monitor", "--format", "json"}).out;
  CHECK(out.substr(0, out.find('\n')) ==
        R"({"schema":1,"time":1700000000.25,"lxcpath":"/var/lib/lxc","name":"web","event":"state","state":"RUNNING","status":null,"signal":null})");
  const Json exit = Json::parse(out.substr(out.find('\n')));
  CHECK(exit["event"] == "exit");
  CHECK(exit["state"].is_null());
  CHECK(exit["status"].is_null());
  CHECK(exit["signal"] == 9);
}

TEST_CASE("version and config keys in JSON", "[host][json]") {
  new_world();
  const Json version = parsed(run_lxcx({"version", "--format", "json"}).out);
  CHECK(version["plugin_abi"] == std::to_string(int{LXCX_ABI_MAJOR}) + "." + std::to_string(int{LXCX_ABI_MINOR}));
  const Json keys = parsed(run_lxcx({"config", "keys", "lxc.uts.name", "--format", "json"}).out)["keys"];
  REQUIRE(keys.size() == 1);
  CHECK(keys[0]["name"] == "lxc.uts.name");
  CHECK(keys[0]["old_name"] == "lxc.utsname");
  CHECK(run_lxcx({"config", "keys", "nothing."}).status == 3);
}

/// A registry directory with one good and one broken manifest.
struct Registry {
  Registry() {
    std::filesystem::create_directory(path);
    std::ofstream(path + "/storage-mine.json") << R"({"manifest":1,"kind":"storage","name":"mine","version":"1.2.3","library":"storage-mine.so",
      "abi":"1.0","capabilities":["snapshot"],"settings":{"size":{"type":"size","default":"1G","doc":"how big"}},"needs":[],
      "license":"Apache-2.0","summary":"A store"})";
    std::ofstream(path + "/network-bad.json") << "{";
  }
  ~Registry() { std::filesystem::remove_all(path); }
  const std::string path = std::filesystem::temp_directory_path() / ("lxcxt-registry-" + std::to_string(::getpid()));
};

TEST_CASE("plugin list and info, as text and in JSON", "[host][json]") {
  const Registry registry;
  new_world();
  const std::string directory = "--plugin-dir=" + registry.path;
  const Ran list = run_lxcx({directory, "plugin", "list"});
  CHECK(list.out == "KIND     NAME  VERSION  SUMMARY\nstorage  mine  1.2.3    A store\n");
  CHECK_THAT(list.err, Catch::Contains("warning") && Catch::Contains("network-bad.json"));
  CHECK(run_lxcx({directory, "plugin", "list", "storage", "-1"}).out == "mine\n");
  CHECK(run_lxcx({directory, "plugin", "list", "network", "-1"}).out.empty());
  CHECK(run_lxcx({directory, "plugin", "list", "colour"}).status == 2);
  CHECK_THAT(run_lxcx({directory, "plugin", "list", "--all"}).out, Catch::Contains("refused") && Catch::Contains("active"));

  const Json all = parsed(run_lxcx({directory, "plugin", "list", "--all", "--format", "json"}).out);
  CHECK(all["directories"][0] == registry.path);
  CHECK(all["plugins"].size() == 2);
  const Json info = parsed(run_lxcx({directory, "plugin", "info", "mine", "--format", "json"}).out)["plugin"];
  CHECK(info["kind"] == "storage");
  CHECK(info["state"] == "active");
  CHECK(info["capabilities"] == Json{"snapshot"});
  CHECK(info["settings"][0]["name"] == "size");
  CHECK_THAT(run_lxcx({directory, "plugin", "info", "storage", "mine"}).out, Catch::Contains("A store") && Catch::Contains("how big"));
  const Ran missing = run_lxcx({directory, "plugin", "info", "mien"});
  CHECK(missing.status == 3);
  CHECK_THAT(missing.err, Catch::Contains("did you mean 'mine'?"));
}

}  // namespace
}  // namespace lxcx::host
