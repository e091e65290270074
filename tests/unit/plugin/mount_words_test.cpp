// SPDX-License-Identifier: Apache-2.0
// The words of mount(8) that the SDK translates.
#include <catch2/catch.hpp>

#include "lxcx/mount_words.hpp"

namespace lxcx {

namespace {

struct Taken {
  std::uint64_t set = 0, clear = 0;
  bool operator==(const Taken&) const = default;
};
Taken take(std::initializer_list<std::string_view> words) {
  Taken taken;
  for (const std::string_view word : words) REQUIRE(take_mount_attribute(word, taken.set, taken.clear));
  return taken;
}

}  // namespace

TEST_CASE("a mount option's word is what mount(8) means by it, and the last one wins", "[sdk]") {
  CHECK(take({"defaults"}) == Taken{});
  CHECK(take({"ro", "nosuid"}) == Taken{MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0});
  CHECK(take({"ro", "rw"}) == Taken{0, MOUNT_ATTR_RDONLY});
  CHECK(take({"rw", "ro"}) == Taken{MOUNT_ATTR_RDONLY, 0});
  CHECK(take({"noatime"}) == Taken{MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME});
  CHECK(take({"noatime", "strictatime"}).set == MOUNT_ATTR_STRICTATIME);
  // mount(2): without a word the kernel's way is relatime, so that is what is left of a word taken back.
  CHECK(take({"noatime", "norelatime"}) == take({"nostrictatime"}));
  CHECK(take({"norelatime"}).set == MOUNT_ATTR_RELATIME);
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
  CHECK_FALSE(take_mount_attribute("size=1M", set, clear));
  CHECK((set | clear) == 0);
}

TEST_CASE("a propagation is found by its word", "[sdk]") {
  REQUIRE(find_mount_propagation("rslave") != nullptr);
  CHECK(find_mount_propagation("rslave")->flag == MS_SLAVE);
  CHECK(find_mount_propagation("rslave")->is_recursive);
  CHECK_FALSE(find_mount_propagation("shared")->is_recursive);
  CHECK(find_mount_propagation("bind") == nullptr);
}

}  // namespace lxcx
