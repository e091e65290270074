// SPDX-License-Identifier: Apache-2.0
#include "core/attach/container_facts.hpp"

#include <fcntl.h>
#include <linux/magic.h>

#include <algorithm>
#include <charconv>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t max_file = 1 << 20;

Failure not_running() { return fail(Code::not_running, "the container's init has ended", "start it again"); }

Result<UniqueFd> open_host_proc(Kernel& kernel) {
  LXCX_TRY(proc, kernel.openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY));
  LXCX_TRY(found, kernel.fstatfs(proc.get()));
  if (found.f_type != PROC_SUPER_MAGIC) return fail(Code::unsupported, "/proc is no procfs", "mount one: attach needs it");
  return proc;
}

/// The namespace file of init if it is another namespace than ours; an empty fd if it is the same, or the kernel has none of that kind.
Result<UniqueFd> foreign_namespace(Kernel& kernel, int proc_fd, int init_dir, std::string_view name) {
  const std::string file = "ns/" + std::string(name);
  auto opened = kernel.openat(init_dir, file.c_str(), O_RDONLY);
  if (!opened && opened.error().sys_errno == ENOENT) return UniqueFd();
  if (!opened) return opened;
  LXCX_TRY(theirs, kernel.fstat(opened->get()));
  LXCX_TRY(ours, kernel.fstatat(proc_fd, ("self/" + file).c_str(), 0));
  const bool is_same = theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
  return is_same ? UniqueFd() : std::move(*opened);
}

}  // namespace

std::vector<IdRange> parse_id_map(std::string_view text) {
  std::vector<IdRange> map;
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> words = split_blanks(trim(line));
    if (words.size() != 3) continue;
    const auto inside = parse_integer(words[0]), outside = parse_integer(words[1]), count = parse_integer(words[2]);
    if (!inside || !outside || !count) continue;
    map.push_back({static_cast<std::uint32_t>(*inside), static_cast<std::uint32_t>(*outside), static_cast<std::uint32_t>(*count)});
  }
  return map;
}

std::optional<std::uint32_t> to_host_id(const std::vector<IdRange>& map, std::uint32_t inside) {
  for (const IdRange& range : map)
    if (inside >= range.inside && inside - range.inside < range.count) return range.outside + (inside - range.inside);
  return std::nullopt;
}

std::optional<std::uint64_t> status_mask(std::string_view status, std::string_view field) {
  for (const std::string& line : split(status, '\n')) {
    if (!std::string_view(line).starts_with(field)) continue;
    const std::string_view digits = trim(std::string_view(line).substr(field.size()));
    std::uint64_t mask = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), mask, 16);
    if (parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size()) return mask;
  }
  return std::nullopt;
}

bool ContainerFacts::enters(Namespace kind) const {
  return std::any_of(namespaces.begin(), namespaces.end(), [kind](const ContainerNamespace& one) { return one.kind == kind; });
}

Result<ContainerFacts> learn_container(Kernel& kernel, const EnterTarget& target, const EnterOptions& options) {
  ContainerFacts facts;
  LXCX_TRY(proc, open_host_proc(kernel));
  facts.proc = std::move(proc);
  auto init_dir = kernel.openat(facts.proc.get(), std::to_string(target.init.pid).c_str(), O_RDONLY | O_DIRECTORY);
  if (!init_dir) return not_running();
  facts.init_dir = std::move(*init_dir);
  // A directory of /proc stays that process's, even when the pid is used again: what is true after it was opened holds for all that
  // follows.
  if (!is_alive(target.init)) return not_running();

  const unsigned wanted = options.namespaces.value_or(~0U);
  for (std::size_t at = namespace_names.size(); at-- > 0;) {
    const auto kind = static_cast<Namespace>(at);
    if (!(wanted & namespace_bit(kind))) continue;
    LXCX_TRY(fd, foreign_namespace(kernel, facts.proc.get(), facts.init_dir.get(), namespace_names[at]));
    if (fd) facts.namespaces.push_back({kind, std::move(fd)});
  }
  LXCX_TRY(root, kernel.openat(facts.init_dir.get(), "root", O_PATH | O_DIRECTORY));
  facts.root = std::move(root);
  LXCX_TRY(uid_map, read_file(kernel, facts.init_dir.get(), "uid_map", max_file));
  facts.uid_map = parse_id_map(uid_map);
  LXCX_TRY(gid_map, read_file(kernel, facts.init_dir.get(), "gid_map", max_file));
  facts.gid_map = parse_id_map(gid_map);
  LXCX_TRY(status, read_file(kernel, facts.init_dir.get(), "status", max_file));
  const auto bounding = status_mask(status, "CapBnd:");
  if (!bounding) return fail(Code::unsupported, "/proc/" + std::to_string(target.init.pid) + "/status names no bounding set");
  facts.bounding = *bounding;
  return facts;
}

}  // namespace lxcx::core
