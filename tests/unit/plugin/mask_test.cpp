// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/mask.hpp"

#include "core/kernel/faulty_kernel.hpp"
#include "registry_under_test.hpp"

namespace lxcx::core {

namespace {

/// An installed "sample", and a directory before it where masks go.
struct Masked {
  RegistryUnderTest registry;
  std::string masks = registry.make("etc");
  std::string mask = masks + "/storage-sample.json";
  Masked() { registry.manifest(); }
  Plugins plugins() const { return Plugins(real_kernel(), Log::none(), {{masks}, registry.manifests(), true}); }
  std::vector<std::string> states() const {
    std::vector<std::string> all;
    for (const RegistryEntry& entry : plugins().list()) all.push_back(entry.state);
    return all;
  }
};

}  // namespace

TEST_CASE("an empty file or a link to /dev/null masks", "[plugin]") {
  const Masked test;
  SECTION("an empty file") { test.registry.write(test.mask, ""); }
  SECTION("a link to /dev/null") { std::filesystem::create_symlink("/dev/null", test.mask); }
  CHECK(test.states() == std::vector<std::string>{"masked", "shadowed"});
  const Result<const Manifest*> found = test.plugins().find(Kind::storage, "sample");
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Code::not_found);
  CHECK(contains(found.error().message, "is masked by '" + test.mask + "'"));
}

TEST_CASE("disable masks and enable takes that mask back; both may be repeated", "[plugin]") {
  const Masked test;
  for (int i = 0; i < 2; ++i) CHECK(test.plugins().disable(Kind::storage, "sample", test.masks));
  CHECK(test.states() == std::vector<std::string>{"masked", "shadowed"});
  CHECK_FALSE(test.plugins().find(Kind::storage, "sample"));
  for (int i = 0; i < 2; ++i) CHECK(test.plugins().enable(Kind::storage, "sample", test.masks));
  CHECK(test.states() == std::vector<std::string>{"active"});
  CHECK(std::filesystem::is_empty(test.masks));
}

TEST_CASE("enable never removes what disable did not write", "[plugin]") {
  const Masked test;
  SECTION("a mask of somebody else's") {
    test.registry.write(test.mask, "");
    const Result<void> enabled = test.plugins().enable(Kind::storage, "sample", test.masks);
    REQUIRE_FALSE(enabled);
    CHECK(enabled.error().code == Code::denied);
  }
  SECTION("a manifest") {
    test.registry.write(test.mask, RegistryUnderTest::sample_manifest);
    CHECK(test.plugins().enable(Kind::storage, "sample", test.masks));
  }
  CHECK(std::filesystem::exists(std::filesystem::symlink_status(test.mask)));
}

TEST_CASE("disable refuses what would have no effect or destroy something", "[plugin]") {
  const Masked test;
  SECTION("a directory that is not searched") {
    CHECK(test.plugins().disable(Kind::storage, "sample", test.registry.root()).error().code == Code::usage);
  }
  SECTION("a plugin that does not exist") { CHECK(test.plugins().disable(Kind::storage, "sampel", test.masks).error().code == Code::not_found); }
  SECTION("a manifest in that very place") {
    test.registry.write(test.mask, RegistryUnderTest::sample_manifest);
    CHECK(test.plugins().disable(Kind::storage, "sample", test.masks).error().code == Code::busy);
    CHECK(std::filesystem::file_size(test.mask) > 100);
  }
  SECTION("a manifest that comes before") {
    const std::string first = test.registry.make("first");
    test.registry.write(first + "/storage-sample.json", RegistryUnderTest::sample_manifest);
    Plugins plugins(real_kernel(), Log::none(), {{first, test.masks}, test.registry.manifests(), true});
    CHECK(plugins.disable(Kind::storage, "sample", test.masks).error().code == Code::busy);
    CHECK(std::filesystem::is_empty(test.masks));
  }
}

TEST_CASE("disable leaves a whole mask or nothing, whichever call fails", "[plugin][fault]") {
  const Result<FaultRecord*> record = map_fault_record(nullptr);
  REQUIRE(record);
  const Masked test;
  bool was_reached = true;
  for (long nth = 1; was_reached; ++nth) {
    CAPTURE(nth);
    (*record)->calls = 0;
    (*record)->has_failed = false;
    FaultyKernel kernel(real_kernel(), **record, nth, EIO);
    Plugins plugins(kernel, Log::none(), {{test.masks}, test.registry.manifests(), true});
    const Result<void> disabled = plugins.disable(Kind::storage, "sample", test.masks);
    was_reached = (*record)->has_failed;
    if (disabled) {
      CHECK(test.states().front() == "masked");
      REQUIRE(test.plugins().enable(Kind::storage, "sample", test.masks));
    }
    CHECK(std::filesystem::is_empty(test.masks));
  }
}

}  // namespace lxcx::core
