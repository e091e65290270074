// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup/device_rules.hpp"

#include <linux/bpf.h>

#include <array>
#include <catch2/catch.hpp>

using namespace lxcx;
using namespace lxcx::core;

namespace {

struct Request {
  std::uint32_t type, access, major, minor;
};

/// Runs the few instructions that compile_device_policy uses; anything else fails the test.
std::uint64_t run(const std::vector<bpf_insn>& code, const Request& request) {
  const std::array<std::uint32_t, 3> context{(request.access << 16) | request.type, request.major, request.minor};
  std::array<std::uint64_t, 11> r{};
  for (std::size_t at = 0; at < code.size(); ++at) {
    const bpf_insn& one = code[at];
    const auto immediate = static_cast<std::uint32_t>(one.imm);
    const std::uint32_t operand = BPF_SRC(one.code) == BPF_X ? static_cast<std::uint32_t>(r[one.src_reg]) : immediate;
    const auto to = static_cast<std::uint32_t>(r[one.dst_reg]);
    switch (one.code & ~BPF_X) {
      case BPF_LDX | BPF_W | BPF_MEM: r[one.dst_reg] = context.at(static_cast<std::size_t>(one.off) / 4); continue;
      case BPF_ALU | BPF_MOV | BPF_K:
      case BPF_ALU64 | BPF_MOV | BPF_K: r[one.dst_reg] = operand; continue;
      case BPF_ALU | BPF_AND | BPF_K: r[one.dst_reg] = to & operand; continue;
      case BPF_ALU | BPF_RSH | BPF_K: r[one.dst_reg] = to >> operand; continue;
      case BPF_JMP32 | BPF_JNE | BPF_K: at += to != operand ? static_cast<std::size_t>(one.off) : 0; continue;
      case BPF_JMP32 | BPF_JEQ | BPF_K: at += to == operand ? static_cast<std::size_t>(one.off) : 0; continue;
      case BPF_JMP | BPF_EXIT: return r[0];
      default: FAIL("instruction " << static_cast<int>(one.code) << " at " << at);
    }
  }
  FAIL("ran past the end");
  return 99;
}

constexpr std::uint32_t m = BPF_DEVCG_ACC_MKNOD, rd = BPF_DEVCG_ACC_READ, wr = BPF_DEVCG_ACC_WRITE;
constexpr std::uint32_t blk = BPF_DEVCG_DEV_BLOCK, chr = BPF_DEVCG_DEV_CHAR;

DeviceChange allow(const char* text) { return {true, parse_device_rule(text).value()}; }
DeviceChange deny(const char* text) { return {false, parse_device_rule(text).value()}; }
bool allows(const std::vector<DeviceChange>& changes, const Request& request) {
  return run(compile_device_policy(device_policy(changes)), request) == 1;
}

}  // namespace

TEST_CASE("device rules are read as the kernel writes them", "[device_rules]") {
  const DeviceRule rule = parse_device_rule("c 1:3 rwm").value();
  CHECK(rule.type == 'c');
  CHECK(rule.major == 1U);
  CHECK(rule.minor == 3U);
  CHECK((rule.read && rule.write && rule.mknod));
  for (const char* same : {"c 1:3 rwm", "b *:* m", "b 8:* r", "a"}) CHECK(print_device_rule(parse_device_rule(same).value()) == same);
  CHECK(parse_device_rule("a *:* rwm").value().all);
  CHECK(parse_device_rule(" c  136:*   rw ").value().minor == std::nullopt);
}

TEST_CASE("a bad device rule is refused, never taken for another", "[device_rules]") {
  for (const char* bad :
       {"", "c", "c 1:3", "d 1:3 r", "c 1 r", "c 1:3 x", "c -1:3 r", "c 4294967296:1 r", "c 1:3 rwm m", "c :3 r", "c 1: r", "c 0x1:3 r"}) {
    INFO(bad);
    const auto rule = parse_device_rule(bad);
    REQUIRE_FALSE(rule);
    CHECK(rule.error().code == Code::config);
  }
}

TEST_CASE("deny all really denies, even with no exception at all", "[device_rules]") {
  CHECK_FALSE(allows({deny("a")}, {chr, rd, 1, 3}));
  CHECK_FALSE(allows({deny("a")}, {blk, m, 8, 0}));
}

TEST_CASE("an allowed device is allowed for what was said and no more", "[device_rules]") {
  const std::vector<DeviceChange> changes{deny("a"), allow("c 1:3 rw"), allow("b 8:* r"), allow("c *:* m")};
  CHECK(allows(changes, {chr, rd, 1, 3}));
  CHECK(allows(changes, {chr, rd | wr, 1, 3}));
  CHECK_FALSE(allows(changes, {chr, rd, 1, 5}));
  CHECK_FALSE(allows(changes, {blk, rd, 1, 3}));
  CHECK(allows(changes, {blk, rd, 8, 77}));
  CHECK_FALSE(allows(changes, {blk, rd | wr, 8, 77}));  // one of two is not enough
  CHECK(allows(changes, {chr, m, 200, 1}));
  CHECK_FALSE(allows(changes, {blk, m, 200, 1}));
}

TEST_CASE("a denied device is denied when any of the request is", "[device_rules]") {
  const std::vector<DeviceChange> changes{allow("a"), deny("c 10:200 w")};
  CHECK(allows(changes, {chr, rd, 10, 200}));
  CHECK_FALSE(allows(changes, {chr, wr, 10, 200}));
  CHECK_FALSE(allows(changes, {chr, rd | wr, 10, 200}));
  CHECK(allows(changes, {chr, wr, 10, 201}));
}

TEST_CASE("rules for one device add up, as on v1", "[device_rules]") {
  CHECK(allows({deny("a"), allow("c 1:3 r"), allow("c 1:3 w")}, {chr, rd | wr, 1, 3}));
  const DevicePolicy policy = device_policy({deny("a"), allow("c 1:3 rwm"), deny("c 1:3 wm")});
  REQUIRE(policy.exceptions.size() == 1);
  CHECK(print_device_rule(policy.exceptions[0]) == "c 1:3 r");
  CHECK(device_policy({deny("a"), allow("c 1:3 rwm"), deny("c 1:3 rwm")}).exceptions.empty());
}

TEST_CASE("a later 'a' forgets what came before", "[device_rules]") {
  CHECK_FALSE(allows({allow("c 1:3 rwm"), deny("a")}, {chr, rd, 1, 3}));
  CHECK(allows({deny("c 1:3 rwm"), allow("a")}, {chr, rd, 1, 3}));
}

TEST_CASE("without 'a' the kind of rules given says what they list", "[device_rules]") {
  CHECK_FALSE(allows({allow("c 1:3 rwm")}, {chr, rd, 1, 5}));
  CHECK(allows({deny("c 1:3 rwm")}, {chr, rd, 1, 5}));
  CHECK_FALSE(allows({deny("c 1:3 rwm")}, {chr, rd, 1, 3}));
  CHECK(allows({}, {chr, rd, 1, 3}));
}

TEST_CASE("numbers above 2^31 are compared unsigned", "[device_rules]") {
  CHECK(allows({deny("a"), allow("c 4294967295:4294967295 r")}, {chr, rd, 4294967295U, 4294967295U}));
  CHECK_FALSE(allows({deny("a"), allow("c 4294967295:0 r")}, {chr, rd, 2147483647U, 0}));
}

TEST_CASE("a live change starts from what may be opened now", "[device_rules]") {
  const auto after = [](const std::vector<DeviceChange>& changes, const DeviceChange& change) { return with_live_change(changes, change); };
  const Request null{chr, rd, 1, 3}, fuse{chr, rd, 10, 229};
  CHECK(allows(after({}, allow("c 10:229 rwm")), null));
  CHECK(allows(after({}, allow("c 10:229 rwm")), fuse));
  CHECK_FALSE(allows(after({}, deny("c 10:229 rwm")), fuse));
  CHECK(allows(after(after({}, deny("c 10:229 rwm")), allow("c 10:229 rwm")), fuse));
  CHECK_FALSE(allows(after({deny("c 1:3 rwm")}, allow("c 10:229 rwm")), null));
  CHECK(allows(after({allow("c 1:3 rwm")}, allow("c 10:229 rwm")), fuse));
  CHECK_FALSE(allows(after({allow("c 1:3 rwm")}, allow("c 10:229 rwm")), {chr, rd, 1, 5}));
  CHECK_FALSE(allows(after({deny("a")}, allow("c 10:229 rwm")), null));
  CHECK(allows(after({deny("a")}, allow("c 10:229 rwm")), fuse));
}
