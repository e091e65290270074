// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/host_call.hpp"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <map>

namespace lxcx::core {

namespace {

class MapStore : public RecordStore {
 public:
  Result<void> record(std::string_view key, std::string_view value) override {
    if (is_full) return fail(Code::kernel, "no space", "make some");
    values.insert_or_assign(std::string(key), std::string(value));
    return {};
  }
  const std::string* recall(std::string_view key) const override {
    const auto it = values.find(key);
    return it == values.end() ? nullptr : &it->second;
  }
  std::map<std::string, std::string, std::less<>> values;
  bool is_full = false;
};

class Lines : public Log {
 public:
  void write(Level level, std::string_view text) override { lines.push_back(std::string(level_name(level)) + " " + std::string(text)); }
  bool wants(Level level) const override { return level >= Level::info; }
  std::vector<std::string> lines;
};

HostCall::Inputs inputs() {
  HostCall::Inputs all;
  all.who = "storage 'x'";
  return all;
}

}  // namespace

TEST_CASE("settings answer in the order of the configuration, and a missing one answers nothing", "[plugin]") {
  HostCall::Inputs all = inputs();
  all.settings = {{"a", "1", {}}, {"b", "2", {}}, {"a", "3", {}}};
  HostCall host(std::move(all));
  const Call call = host.call();
  CHECK(call.setting("a") == "1");
  CHECK(call.settings("a") == std::vector<std::string>{"1", "3"});
  CHECK(call.setting("c", "fallback") == "fallback");
  CHECK_FALSE(call.has_setting("c"));
}

TEST_CASE("a record is in the store when record returns; without a store it is refused", "[plugin]") {
  MapStore store;
  HostCall::Inputs all = inputs();
  all.records = &store;
  HostCall host(std::move(all));
  Call call = host.call();
  REQUIRE(call.record("mount", "/x"));
  CHECK(store.values.at("mount") == "/x");
  CHECK(call.recall("mount") == "/x");
  CHECK(call.recall("other").empty());
  store.is_full = true;
  CHECK_FALSE(call.record("more", "1"));
  HostCall without(inputs());
  Call other = without.call();
  CHECK_FALSE(other.record("mount", "/x"));
  CHECK(other.recall("mount").empty());
}

TEST_CASE("what a plugin reports is what the caller gets", "[plugin]") {
  HostCall host(inputs());
  lxcx_call* raw = host.call().raw();
  CHECK(raw->ops->fail(raw, LXCX_BUSY, 16, lower("in use"), lower("stop it")) == LXCX_BUSY);
  const Result<void> outcome = host.outcome(LXCX_BUSY);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == Code::busy);
  CHECK(outcome.error().sys_errno == 16);
  CHECK(outcome.error().message == "in use");
  CHECK(outcome.error().hint == "stop it");
}

TEST_CASE("a failure without a report, or with a number that is no code, is the plugin's fault", "[plugin]") {
  HostCall host(inputs());
  const Error silent = host.take_error(LXCX_KERNEL);
  CHECK(silent.code == Code::kernel);
  CHECK(silent.message == "storage 'x' failed (code 7) and reported no reason");
  CHECK_FALSE(silent.hint.empty());
  CHECK(host.take_error(static_cast<lxcx_code>(99)).code == Code::plugin);
  lxcx_call* raw = host.call().raw();
  CHECK(raw->ops->fail(raw, static_cast<lxcx_code>(99), 0, lower("odd"), {}) == LXCX_PLUGIN);
}

TEST_CASE("a report of a verb that then succeeded is not the next one's", "[plugin]") {
  HostCall host(inputs());
  lxcx_call* raw = host.call().raw();
  raw->ops->fail(raw, LXCX_BUSY, 0, lower("stale"), {});
  CHECK(host.outcome(LXCX_OK));
  CHECK(host.take_error(LXCX_KERNEL).message != "stale");
}

TEST_CASE("an fd given to the host is the host's, and closed with the call", "[plugin]") {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  {
    HostCall host(inputs());
    Call call = host.call();
    call.result_fd("payload.landlock", fd);
    REQUIRE(host.result_fds.size() == 1);
    CHECK(::fcntl(fd, F_GETFD) >= 0);
  }
  CHECK(::fcntl(fd, F_GETFD) < 0);
}

TEST_CASE("a plugin's log lines carry its name, each line of text its own", "[plugin]") {
  Lines log;
  HostCall::Inputs all = inputs();
  all.log = &log;
  HostCall host(std::move(all));
  Call call = host.call();
  call.log(LXCX_DEBUG, "unwanted");
  call.log(LXCX_WARN, "one\nforged");
  call.log(static_cast<lxcx_level>(77), "loud");
  CHECK(log.lines == std::vector<std::string>{"WARN storage 'x': one", "WARN storage 'x': forged", "ERROR storage 'x': loud"});
}

TEST_CASE("a call knows that it was cancelled, and passes progress on", "[plugin]") {
  std::atomic<bool> cancelled = false;
  std::uint64_t seen = 0;
  HostCall::Inputs all = inputs();
  all.cancelled = &cancelled;
  all.progress = [&](std::uint64_t done, std::uint64_t) { seen = done; };
  HostCall host(std::move(all));
  Call call = host.call();
  CHECK_FALSE(call.cancelled());
  cancelled = true;
  CHECK(call.cancelled());
  call.progress(7, 9);
  CHECK(seen == 7);
}

}  // namespace lxcx::core
