// SPDX-License-Identifier: Apache-2.0
#include "policy.hpp"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <limits>

#include "scanner.hpp"

namespace lxcx::seccomp {
namespace {

template <class T>
struct Named {
  std::string_view name;
  T value;
};

template <class Table>
auto find_name(const Table& table, std::string_view name) -> const typename Table::value_type* {
  const auto found = std::ranges::find(table, name, [](const auto& entry) { return entry.name; });
  return found == table.end() ? nullptr : &*found;
}

constexpr std::array sections{
    Named{std::string_view("all"), Section::all},
    Named{std::string_view("x86"), Section::x86},
    Named{std::string_view("x32"), Section::x32},
    Named{std::string_view("x86_64"), Section::x86_64},
    Named{std::string_view("arm"), Section::arm},
    Named{std::string_view("arm64"), Section::arm64},
    Named{std::string_view("ppc"), Section::ppc},
    Named{std::string_view("ppc64"), Section::ppc64},
    Named{std::string_view("ppc64le"), Section::ppc64le},
    Named{std::string_view("mips"), Section::mips},
    Named{std::string_view("mips64"), Section::mips64},
    Named{std::string_view("mips64n32"), Section::mips64n32},
    Named{std::string_view("mipsel"), Section::mipsel},
    Named{std::string_view("mipsel64"), Section::mipsel64},
    Named{std::string_view("mipsel64n32"), Section::mipsel64n32},
    Named{std::string_view("s390"), Section::s390},
    Named{std::string_view("s390x"), Section::s390x},
    Named{std::string_view("riscv64"), Section::riscv64},
    Named{std::string_view("loongarch64"), Section::loongarch64},
};

using Compare = Argument::Compare;
constexpr std::array comparisons{
    Named{std::string_view("SCMP_CMP_NE"), Compare::ne},
    Named{std::string_view("!="), Compare::ne},
    Named{std::string_view("SCMP_CMP_LT"), Compare::lt},
    Named{std::string_view("<"), Compare::lt},
    Named{std::string_view("SCMP_CMP_LE"), Compare::le},
    Named{std::string_view("<="), Compare::le},
    Named{std::string_view("SCMP_CMP_EQ"), Compare::eq},
    Named{std::string_view("=="), Compare::eq},
    Named{std::string_view("SCMP_CMP_GE"), Compare::ge},
    Named{std::string_view(">="), Compare::ge},
    Named{std::string_view("SCMP_CMP_GT"), Compare::gt},
    Named{std::string_view(">"), Compare::gt},
    Named{std::string_view("SCMP_CMP_MASKED_EQ"), Compare::masked_eq},
    Named{std::string_view("&="), Compare::masked_eq},
};

constexpr std::string_view action_hint = "actions are: kill, trap, allow, notify, errno NUMBER";
constexpr std::uint64_t max_errno = 4095;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

bool is_upper(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

/// Cuts a comment: `#` in column 1, or after a blank. (A `#` inside a word is part of the word, and an error there.)
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
    if (at == 0 || blanks.contains(line[at - 1])) return line.substr(0, at);
  return line;
}

Result<Action> parse_action(Scanner& line, Word word) {
  if (word.text == "kill") return Action{Action::Type::kill};
  if (word.text == "trap") return Action{Action::Type::trap};
  if (word.text == "allow") return Action{Action::Type::allow};
  if (word.text == "notify") return Action{Action::Type::notify};
  if (word.text != "errno") return line.error(word.column, "unknown action " + quoted(word.text), std::string(action_hint));
  const Word number = line.word();
  if (number.text.empty()) return line.error(line.column(), "errno needs a number", "for instance: errno 1 (EPERM)");
  const auto value = parse_number(number.text);
  if (!value || *value > max_errno)
    return line.error(number.column, quoted(number.text) + " is not an errno", "a number from 0 to " + std::to_string(max_errno));
  return Action{Action::Type::error, static_cast<std::uint16_t>(*value)};
}

/// [index,value,op] or [index,value,op,mask]
Result<Argument> parse_argument(const Scanner& line, Word inside) {
  std::vector<Word> fields;
  for (std::size_t start = 0;;) {
    const std::size_t comma = inside.text.find(',', start);
    const std::size_t length = comma == std::string_view::npos ? comma : comma - start;
    fields.push_back(trimmed({inside.text.substr(start, length), inside.column + static_cast<unsigned>(start)}));
    if (comma == std::string_view::npos) break;
    start = comma + 1;
  }
  if (fields.size() != 3 && fields.size() != 4)
    return line.error(inside.column, "an argument filter has 3 or 4 fields, this one has " + std::to_string(fields.size()),
                      "[index,value,operator] or [index,value,SCMP_CMP_MASKED_EQ,mask]");
  const auto index = parse_number(fields[0].text);
  if (!index || *index > 5) return line.error(fields[0].column, quoted(fields[0].text) + " is not an argument's index", "0 to 5");
  const auto value = parse_number(fields[1].text);
  if (!value) return line.error(fields[1].column, quoted(fields[1].text) + " is not a number of at most 64 bits");
  const auto* compare = find_name(comparisons, fields[2].text);
  if (!compare)
    return line.error(fields[2].column, "unknown operator " + quoted(fields[2].text),
                      "SCMP_CMP_NE !=, SCMP_CMP_LT <, SCMP_CMP_LE <=, SCMP_CMP_EQ ==, SCMP_CMP_GE >=, SCMP_CMP_GT >, SCMP_CMP_MASKED_EQ &=");
  Argument argument{compare->value, static_cast<unsigned>(*index), *value, 0};
  if (fields.size() == 4) {
    const auto mask = parse_number(fields[3].text);
    if (!mask) return line.error(fields[3].column, quoted(fields[3].text) + " is not a mask of at most 64 bits");
    argument.mask = *mask;
  }
  // Without a mask, `value & 0 == value` is a rule that never (or, for 0, always) matches: a fence that is not there.
  if (argument.compare == Compare::masked_eq && argument.mask == 0)
    return line.error(fields[2].column, "SCMP_CMP_MASKED_EQ needs a mask that is not 0", "[index,value,SCMP_CMP_MASKED_EQ,mask]");
  if (argument.compare != Compare::masked_eq && argument.mask != 0)
    return line.error(fields[3].column, "a mask counts for SCMP_CMP_MASKED_EQ alone", "leave it out, or use SCMP_CMP_MASKED_EQ");
  return argument;
}

Result<std::vector<Argument>> parse_arguments(Scanner& line) {
  std::vector<Argument> arguments;
  while (!line.at_end()) {
    const unsigned column = line.column();
    if (!line.at('[')) return line.error(column, "unexpected " + quoted(line.word().text), "a rule is: SYSCALL [ACTION] [[index,value,operator]…]");
    const auto inside = line.bracketed();
    if (!inside) return line.error(column, "'[' is never closed");
    LXCX_TRY(argument, parse_argument(line, *inside));
    const bool twice = std::ranges::any_of(arguments, [&](const Argument& other) { return other.index == argument.index; });
    if (twice)
      return line.error(column, "argument " + std::to_string(argument.index) + " is compared twice in one rule",
                        "seccomp_rule_add(3) compares each argument once; write a second rule");
    arguments.push_back(argument);
  }
  return arguments;
}

/// The rest of a file, once its first two lines are known.
class Body {
 public:
  Body(Policy& policy, Action rule_action) : policy_(policy), rule_action_(rule_action) {}

  Result<void> add(Scanner& line) {
    if (line.at_end()) return {};
    if (policy_.version == 1) return add_number(line);
    if (line.at('[')) return enter_section(line);
    return add_rule(line);
  }

 private:
  Result<void> add_number(Scanner& line) {
    const Word word = line.word();
    const auto number = parse_number(word.text);
    if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<int>::max()))
      return line.error(word.column, quoted(word.text) + " is not a system call's number", "version 1 has one number per line; version 2 has names");
    if (!line.at_end()) return line.error(line.column(), "unexpected text after the number");
    Rule rule;
    rule.number = static_cast<int>(*number);
    rule.action = rule_action_;
    rule.line = line.line();
    rule.column = word.column;
    policy_.rules.push_back(std::move(rule));
    return {};
  }

  Result<void> enter_section(Scanner& line) {
    const unsigned column = line.column();
    const auto inside = line.bracketed();
    if (!inside) return line.error(column, "'[' is never closed");
    // all-lower or ALL-UPPER, as LXC has it; X86_64 has no lower-case letter either way.
    const std::string name = is_upper(inside->text) ? lowered(inside->text) : std::string(inside->text);
    const auto* section = find_name(sections, name);
    if (!section) return line.error(inside->column, "unknown architecture " + quoted(inside->text), known_sections());
    if (!line.at_end()) return line.error(line.column(), "unexpected text after a section's name");
    section_ = section->value;
    return {};
  }

  static std::string known_sections() {
    std::string all = "known:";
    for (const auto& section : sections) all += " " + std::string(section.name);
    return all;
  }

  Result<void> add_rule(Scanner& line) {
    const Word name = line.word();
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (name.text.find_first_not_of(letters) != std::string_view::npos)
      return line.error(name.column, quoted(name.text) + " cannot be a system call's name");
    Rule rule;
    rule.syscall = name.text;
    rule.action = rule_action_;
    rule.section = section_;
    rule.line = line.line();
    rule.column = name.column;
    if (name.text == "reject_force_umount") return reject_forced_umount(line, std::move(rule));
    if (!line.at_end() && !line.at('[')) {
      LXCX_TRY(action, parse_action(line, line.word()));
      rule.action = action;
    }
    LXCX_TRY(arguments, parse_arguments(line));
    rule.arguments = std::move(arguments);
    policy_.rules.push_back(std::move(rule));
    return {};
  }

  Result<void> reject_forced_umount(const Scanner& line, Rule rule) {
    if (!line.at_end()) return line.error(line.column(), "reject_force_umount takes nothing more");
    rule.syscall = "umount2";
    rule.action = {Action::Type::error, EACCES};
    rule.arguments = {{Compare::masked_eq, 1, MNT_FORCE, MNT_FORCE}};
    rule.rejects_forced_umount = true;
    policy_.rules.push_back(std::move(rule));
    return {};
  }

  Policy& policy_;
  Action rule_action_;
  Section section_ = Section::all;
};

Result<int> parse_version(Scanner& line) {
  const Word word = line.word();
  if (word.text != "1" && word.text != "2")
    return line.error(word.column, word.text.empty() ? "the first line must be the version" : "unknown version " + quoted(word.text), "1 or 2");
  if (!line.at_end()) return line.error(line.column(), "unexpected text after the version");
  return word.text == "1" ? 1 : 2;
}

/// The second line. Returns what a rule without an action does.
Result<Action> parse_type(Scanner& line, Policy& policy) {
  const Word word = line.word();
  const bool allows = word.text == "allowlist" || word.text == "whitelist";
  const bool denies = word.text == "denylist" || word.text == "blacklist";
  if (policy.version == 1 && !allows)
    return line.error(word.column, "the second line of a version 1 policy must be 'allowlist', not " + quoted(word.text));
  if (!allows && !denies)
    return line.error(word.column, "the second line must be 'denylist' or 'allowlist', not " + quoted(word.text), "denylist [DEFAULT-ACTION]");
  policy.default_action = {allows ? Action::Type::kill : Action::Type::allow};
  if (!line.at_end()) {
    if (policy.version == 1) return line.error(line.column(), "version 1 takes nothing after 'allowlist'", "version 2 has default actions");
    LXCX_TRY(action, parse_action(line, line.word()));
    policy.default_action = action;
    if (!line.at_end()) return line.error(line.column(), "unexpected text after the default action");
  }
  return Action{allows ? Action::Type::allow : Action::Type::kill};
}

}  // namespace

std::string describe(const Action& action) {
  switch (action.type) {
    case Action::Type::kill: return "kill";
    case Action::Type::trap: return "trap";
    case Action::Type::allow: return "allow";
    case Action::Type::notify: return "notify";
    case Action::Type::error: break;
  }
  return "errno " + std::to_string(action.error);
}

Result<Policy> parse_policy(std::string_view text, const std::string& file) {
  Policy policy;
  policy.file = file;
  std::optional<Body> body;
  unsigned number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    Scanner line(without_comment(text.substr(start, end - start)), policy.file, ++number);
    start = end + 1;
    if (number == 1) {
      LXCX_TRY(version, parse_version(line));
      policy.version = version;
    } else if (number == 2) {
      LXCX_TRY(rule_action, parse_type(line, policy));
      body.emplace(policy, rule_action);
    } else {
      LXCX_CHECK(body->add(line));
    }
  }
  if (number >= 2) return policy;
  const Scanner nothing({}, policy.file, number + 1);
  return nothing.error(1, number == 0 ? "the file is empty" : "the second line is missing", "a policy begins: 2, then denylist or allowlist");
}

}  // namespace lxcx::seccomp
