// SPDX-License-Identifier: Apache-2.0
#include "plugins/security-seccomp/policy.hpp"

#include <sys/mount.h>

#include <catch2/catch.hpp>

using namespace lxcx;
using namespace lxcx::seccomp;

namespace {

Policy parsed(std::string_view text) {
  const Result<Policy> policy = parse_policy(text, "p");
  if (!policy) FAIL("line " << policy.error().where->line << ": " << policy.error().message);
  return *policy;
}

/// "line:column message" of the refusal.
std::string refusal(std::string_view text) {
  const Result<Policy> policy = parse_policy(text, "p");
  if (policy) return "accepted";
  const Location where = policy.error().where.value();
  CHECK(where.file == "p");
  return std::to_string(where.line) + ":" + std::to_string(where.column) + " " + policy.error().message;
}

constexpr Action errno_action(std::uint16_t error) { return {Action::Type::error, error}; }

}  // namespace

TEST_CASE("version 1 lists the numbers that are allowed; the rest is killed") {
  const Policy policy = parsed("1\nallowlist\n0\n\n# read and write\n1\n231");
  CHECK(policy.version == 1);
  CHECK(policy.default_action == Action{Action::Type::kill});
  REQUIRE(policy.rules.size() == 3);
  CHECK(policy.rules[2].number == 231);
  CHECK(policy.rules[2].action == Action{Action::Type::allow});
}

TEST_CASE("the old words blacklist and whitelist still count") {
  CHECK(parsed("1\nwhitelist\n0\n").rules.size() == 1);
  CHECK(parsed("2\nwhitelist\n").default_action == Action{Action::Type::kill});
  CHECK(parsed("2\nblacklist\n").default_action == Action{Action::Type::allow});
}

TEST_CASE("a rule without an action does what its list is for") {
  CHECK(parsed("2\ndenylist\nmount\n").rules.at(0).action == Action{Action::Type::kill});
  CHECK(parsed("2\nallowlist\nmount\n").rules.at(0).action == Action{Action::Type::allow});
}

TEST_CASE("the action after the list's type is what unlisted calls get") {
  const Policy policy = parsed("2\ndenylist errno 5\nmount\n");
  CHECK(policy.default_action == errno_action(5));
  CHECK(policy.rules.at(0).action == Action{Action::Type::kill});
}

TEST_CASE("every action is understood") {
  const Policy policy = parsed("2\nallowlist errno 38\na kill\nb trap\nc allow\nd errno 0\ne errno 4095\n");
  CHECK(policy.rules.at(0).action == Action{Action::Type::kill});
  CHECK(policy.rules.at(1).action == Action{Action::Type::trap});
  CHECK(policy.rules.at(2).action == Action{Action::Type::allow});
  CHECK(policy.rules.at(3).action == errno_action(0));
  CHECK(policy.rules.at(4).action == errno_action(4095));
}

TEST_CASE("sections hold until the next one, in lower or upper case") {
  const Policy policy = parsed("2\ndenylist\na\n[x86]\nb\n[ARM64]\nc\n[X86_64]\nd\n[all]  # both\ne\n");
  CHECK(policy.rules.at(0).section == Section::all);
  CHECK(policy.rules.at(1).section == Section::x86);
  CHECK(policy.rules.at(2).section == Section::arm64);
  CHECK(policy.rules.at(3).section == Section::x86_64);
  CHECK(policy.rules.at(4).section == Section::all);
}

TEST_CASE("comments, blanks, carriage returns and a missing last newline change nothing") {
  const Policy policy = parsed("2\r\ndenylist\r\n# all of it\r\n\r\n  mount  errno 1 # why\r\nswapon errno 1\t#");
  REQUIRE(policy.rules.size() == 2);
  CHECK(policy.rules[0].syscall == "mount");
  CHECK(policy.rules[0].line == 5);
  CHECK(policy.rules[0].column == 3);
}

TEST_CASE("argument filters have an index, a value in any base, an operator and perhaps a mask") {
  const Policy policy = parsed("2\ndenylist\nf errno 1 [0,0x10,SCMP_CMP_EQ][1,-1,>=] [ 5 , 010 , &= , 0xff ]\n");
  const std::vector<Argument>& arguments = policy.rules.at(0).arguments;
  REQUIRE(arguments.size() == 3);
  CHECK(arguments[0].index == 0);
  CHECK(arguments[0].value == 16);
  CHECK(arguments[0].compare == Argument::Compare::eq);
  CHECK(arguments[1].value == ~std::uint64_t{0});
  CHECK(arguments[1].compare == Argument::Compare::ge);
  CHECK(arguments[2].value == 8);
  CHECK(arguments[2].mask == 255);
  CHECK(arguments[2].compare == Argument::Compare::masked_eq);
}

TEST_CASE("filters may stand without an action, and touch the name") {
  const Policy policy = parsed("2\ndenylist\nclone[0,1,==,0]\n");
  CHECK(policy.rules.at(0).syscall == "clone");
  CHECK(policy.rules.at(0).action == Action{Action::Type::kill});
  CHECK(policy.rules.at(0).arguments.size() == 1);
}

TEST_CASE("reject_force_umount is a rule about umount2 with MNT_FORCE") {
  const Rule rule = parsed("2\ndenylist\nreject_force_umount  # comment\n").rules.at(0);
  CHECK(rule.syscall == "umount2");
  CHECK(rule.action == errno_action(EACCES));
  CHECK(rule.arguments.at(0).mask == MNT_FORCE);
  CHECK(rule.rejects_forced_umount);
}

TEST_CASE("what is wrong is said with its line and column") {
  CHECK(refusal("") == "1:1 the file is empty");
  CHECK(refusal("2") == "2:1 the second line is missing");
  CHECK(refusal("\n2\ndenylist\n") == "1:1 the first line must be the version");
  CHECK(refusal("3\ndenylist\n") == "1:1 unknown version '3'");
  CHECK(refusal("2 x\ndenylist\n") == "1:3 unexpected text after the version");
  CHECK(refusal("1\ndenylist\n1\n") == "2:1 the second line of a version 1 policy must be 'allowlist', not 'denylist'");
  CHECK(refusal("1\nallowlist debug\n1\n") == "2:11 version 1 takes nothing after 'allowlist'");
  CHECK(refusal("1\nallowlist\nread\n") == "3:1 'read' is not a system call's number");
  CHECK(refusal("1\nallowlist\n-1\n") == "3:1 '-1' is not a system call's number");
  CHECK(refusal("1\nallowlist\n1 2\n") == "3:3 unexpected text after the number");
  CHECK(refusal("2\ngraylist\n") == "2:1 the second line must be 'denylist' or 'allowlist', not 'graylist'");
  CHECK(refusal("2\ndenylist maybe\n") == "2:10 unknown action 'maybe'");
  CHECK(refusal("2\ndenylist errno\n") == "2:15 errno needs a number");
  CHECK(refusal("2\ndenylist kill kill\n") == "2:15 unexpected text after the default action");
  CHECK(refusal("2\ndenylist\n[vax]\n") == "3:2 unknown architecture 'vax'");
  CHECK(refusal("2\ndenylist\n[Arm]\n") == "3:2 unknown architecture 'Arm'");
  CHECK(refusal("2\ndenylist\n[arm\n") == "3:1 '[' is never closed");
  CHECK(refusal("2\ndenylist\n[arm] x\n") == "3:7 unexpected text after a section's name");
  CHECK(refusal("2\ndenylist\nmount errno -1\n") == "3:13 '-1' is not an errno");
  CHECK(refusal("2\ndenylist\nmount errno 4096\n") == "3:13 '4096' is not an errno");
  CHECK(refusal("2\ndenylist\nmount errno EPERM\n") == "3:13 'EPERM' is not an errno");
  CHECK(refusal("2\ndenylist\nmount kill kill\n") == "3:12 unexpected 'kill'");
  CHECK(refusal("2\ndenylist\nmo/unt kill\n") == "3:1 'mo/unt' cannot be a system call's name");
  CHECK(refusal("2\ndenylist\nmount errno 1 [0,1]\n") == "3:16 an argument filter has 3 or 4 fields, this one has 2");
  CHECK(refusal("2\ndenylist\nmount errno 1 [6,1,==]\n") == "3:16 '6' is not an argument's index");
  CHECK(refusal("2\ndenylist\nmount errno 1 [0,0x1ffffffffffffffff,==]\n") == "3:18 '0x1ffffffffffffffff' is not a number of at most 64 bits");
  CHECK(refusal("2\ndenylist\nmount errno 1 [0, 1, =]\n") == "3:22 unknown operator '='");
  CHECK(refusal("2\ndenylist\nmount errno 1 [0,1,&=]\n") == "3:20 SCMP_CMP_MASKED_EQ needs a mask that is not 0");
  CHECK(refusal("2\ndenylist\nmount errno 1 [0,1,==,7]\n") == "3:23 a mask counts for SCMP_CMP_MASKED_EQ alone");
  CHECK(refusal("2\ndenylist\nmount errno 1 [0,1,==][0,2,==]\n") == "3:23 argument 0 is compared twice in one rule");
  CHECK(refusal("2\ndenylist\nmount errno 1 [0,1,==\n") == "3:15 '[' is never closed");
  CHECK(refusal("2\ndenylist\nreject_force_umount errno 1\n") == "3:21 reject_force_umount takes nothing more");
  CHECK(refusal(std::string_view("2\ndenylist\nmo\0unt\n", 18)).starts_with("3:1 "));
}

TEST_CASE("notify is an action as the others are, of a rule or by default") {
  CHECK(parsed("2\ndenylist\nmknod notify\n").rules.at(0).action == Action{Action::Type::notify});
  CHECK(parsed("2\nallowlist notify\nread\n").default_action == Action{Action::Type::notify});
  CHECK(parsed("2\ndenylist\nmknod notify [1,0,==]\n").rules.at(0).arguments.size() == 1);
  CHECK(describe({Action::Type::notify}) == "notify");
}
