// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/proxies.hpp"

#include "core/plugin/capabilities.hpp"
#include "registry_under_test.hpp"

namespace lxcx::core {

namespace {

Storage* load(Plugins& plugins) {
  const Result<Storage*> storage = plugins.storage("sample");
  REQUIRE(storage);
  return *storage;
}

}  // namespace

TEST_CASE("a proxy has the capabilities that its table has", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest();
  registry.library("good");
  Plugins plugins = registry.plugins();
  Storage* storage = load(plugins);
  CHECK(measured_of(*storage) != nullptr);
  CHECK(snapshots_of(*storage) == nullptr);
  CHECK(copies_of(*storage) == nullptr);
  CHECK(dynamic_cast<Detects*>(storage) == nullptr);
  HostCall host(HostCall::Inputs{});
  Call call = host.call();
  const Result<StorageUsage> usage = measured_of(*storage)->usage(call, {});
  REQUIRE(usage);
  CHECK(usage->used_bytes == 42);
}

TEST_CASE("a table of an older minor version lacks what comes after its end, whatever stands there", "[plugin]") {
  // The library's memory does hold a `usage` there; its size says that it is not part of the table.
  const RegistryUnderTest registry;
  registry.manifest();
  registry.library("older-minor-table");
  Plugins plugins = registry.plugins();
  CHECK(measured_of(*load(plugins)) == nullptr);
}

TEST_CASE("what a verb leaves out is noticed", "[plugin]") {
  const RegistryUnderTest registry;
  registry.manifest();
  registry.library("good");
  Plugins plugins = registry.plugins();
  Storage* storage = load(plugins);
  HostCall host(HostCall::Inputs{});
  Call call = host.call();
  CHECK(*storage->create(call, {}, 0) == "/sample");
  // The source that an earlier create of the same call emitted does not count.
  const Result<std::string> without_source = storage->create(call, {}, 15);
  REQUIRE_FALSE(without_source);
  CHECK(without_source.error().code == Code::plugin);
  CHECK(storage->create(call, {}, 13).error().code == Code::busy);
  CHECK(storage->create(call, {}, 14).error().code == Code::plugin);
  const Result<void> destroyed = storage->destroy(call, {});
  REQUIRE_FALSE(destroyed);
  CHECK(destroyed.error().hint == "try another");
  CHECK(storage->attach(call, {}).error().code == Code::plugin);
}

TEST_CASE("a plugin is loaded once, and twice by two registries without mixing", "[plugin]") {
  const RegistryUnderTest first, second;
  first.manifest();
  first.library("good");
  second.manifest();
  second.library("older-minor-table");
  Plugins one = first.plugins(), same = first.plugins(), other = second.plugins();
  CHECK(load(one) == load(one));
  CHECK(measured_of(*load(same)) != nullptr);
  CHECK(measured_of(*load(other)) == nullptr);
}

}  // namespace lxcx::core
