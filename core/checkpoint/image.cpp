// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/image.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/criu/criu.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view format = "lxcx checkpoint 1";
constexpr std::size_t largest_text = std::size_t{64} << 20;  // a log that tells all
constexpr const char* inventory = "inventory.img";
constexpr const char* parent_link = "parent";  ///< criu's: to the directory that an incremental dump builds on
constexpr int most_parents = 64;
constexpr std::size_t most_error_lines = 8;

/// Whoever can write here decides what runs, with which rights and memory.
Result<void> check_owner(const struct stat& status, const std::string& path, const char* hint) {
  if (status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return fail(Code::denied, status.st_uid == ::geteuid() ? "others can write to '" + path + "'" : "'" + path + "' belongs to somebody else", hint);
}

constexpr const char* own_directory_hint = "name a directory that belongs to root and that nobody else can write to";
constexpr const char* own_images_hint = "what a checkpoint holds is run as it is: restore only what root alone could write";

/// A last component that is a link could be anybody's choice.
Result<UniqueFd> open_directory(Kernel& kernel, int dirfd, const std::string& path) {
  return kernel.openat(dirfd, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

bool is_log(const std::string& name) { return name == dump_log; }

Result<std::vector<std::string>> names_in(Kernel& kernel, int directory) {
  LXCX_TRY(fresh, kernel.openat(directory, ".", O_RDONLY | O_DIRECTORY));
  return kernel.getdents(fresh.get());
}

Result<void> check_empty(Kernel& kernel, int directory, const std::string& path) {
  LXCX_TRY(names, names_in(kernel, directory));
  if (std::ranges::all_of(names, is_log)) return {};
  return fail(Code::busy, "'" + path + "' is not empty", "a checkpoint overwrites nothing: name a directory that is empty, or not there");
}

/// Each file of a checkpoint, and those of the pre-dumps that it builds on.
Result<void> check_images(Kernel& kernel, int directory, const std::string& path, int depth) {
  LXCX_TRY(status, kernel.fstat(directory));
  LXCX_CHECK(check_owner(status, path, own_images_hint));
  LXCX_TRY(names, names_in(kernel, directory));
  for (const std::string& name : names) {
    LXCX_TRY(file, kernel.fstatat(directory, name.c_str(), AT_SYMLINK_NOFOLLOW));
    if (name == parent_link && S_ISLNK(file.st_mode)) {
      if (depth == most_parents) return fail(Code::usage, "'" + path + "' builds on more than " + std::to_string(most_parents) + " pre-dumps");
      LXCX_TRY(target, kernel.readlinkat(directory, parent_link));
      LXCX_TRY(parent, doing(open_directory(kernel, directory, target), "open the pre-dump of '" + path + "'"));
      LXCX_CHECK(check_images(kernel, parent.get(), target.starts_with('/') ? target : path + "/" + target, depth + 1));
      continue;
    }
    if (!S_ISREG(file.st_mode)) return fail(Code::denied, "'" + path + "/" + name + "' is no file", own_images_hint);
    LXCX_CHECK(check_owner(file, path + "/" + name, own_images_hint));
  }
  return {};
}

}  // namespace

std::string print(const CheckpointFacts& facts) {
  std::string text = std::string(format) + "\n";
  const auto line = [&](std::string_view key, std::initializer_list<std::string_view> values) {
    text += key;
    for (const std::string_view value : values) text += "\t" + escape_line(value);
    text += "\n";
  };
  line("name", {facts.name});
  line("lxcpath", {facts.lxcpath});
  line("config_file", {facts.config_file});
  line("cgroup", {facts.cgroup});
  line("clone_flags", {std::to_string(facts.clone_flags)});
  line("network_lock", {facts.network_lock});
  line("kind", {facts.pre_dump ? "pre-dump" : "dump"});
  for (const TerminalFact& terminal : facts.terminals) {
    line("terminal", {terminal.name, terminal.tty});
    for (const std::string& mount : terminal.mounts) line("mount", {mount});
  }
  for (const NicFact& nic : facts.nics) line("nic", {std::to_string(nic.index), nic.inside_name});
  for (const MountFact& mount : facts.mounts) line("outside", {mount.point, mount.source});
  return text;
}

Result<CheckpointFacts> parse_facts(std::string_view text) {
  std::vector<std::string> lines = split(text, '\n');
  if (lines.empty() || lines.front() != format)
    return fail(Code::config, "it is no checkpoint that this lxcx can read", "it was made by another version of lxcx, or by lxc-checkpoint");
  CheckpointFacts facts;
  lines.erase(lines.begin());
  for (const std::string& line : lines) {
    std::vector<std::string> words = split(line, '\t', true);
    for (std::string& word : words) word = unescape_line(word);
    words.resize(3);
    const std::string &key = words[0], &value = words[1];
    if (key == "name") facts.name = value;
    if (key == "lxcpath") facts.lxcpath = value;
    if (key == "config_file") facts.config_file = value;
    if (key == "cgroup") facts.cgroup = value;
    if (key == "clone_flags") facts.clone_flags = static_cast<unsigned>(parse_integer(value).value_or(0));
    if (key == "network_lock") facts.network_lock = value;
    if (key == "kind") facts.pre_dump = value == "pre-dump";
    if (key == "terminal") facts.terminals.push_back({value, words[2], {}});
    if (key == "mount" && !facts.terminals.empty()) facts.terminals.back().mounts.push_back(value);
    if (key == "outside") facts.mounts.push_back({value, words[2]});
    if (key == "nic") facts.nics.push_back({static_cast<unsigned>(parse_integer(value).value_or(0)), words[2]});
  }
  return facts;
}

std::string mount_key(const TerminalFact& terminal, std::size_t mount) {
  return mount == 0 ? terminal.name : terminal.name + "-" + std::to_string(mount);
}

std::string outside_key(std::size_t index) { return "outside-" + std::to_string(index); }

Result<void> ImageDirectory::check_free(Kernel& kernel, const std::string& path) {
  const Result<UniqueFd> fd = open_directory(kernel, AT_FDCWD, path);
  if (!fd && fd.error().sys_errno == ENOENT) {
    const std::string parent = path.substr(0, std::max<std::size_t>(1, path.rfind('/')));
    return hinting(doing(kernel.faccessat(AT_FDCWD, parent.c_str(), F_OK, 0), "make '" + path + "'"), "make the directory that it is to lie in");
  }
  if (!fd && (fd.error().sys_errno == ENOTDIR || fd.error().sys_errno == ELOOP))
    return fail(Code::usage, "'" + path + "' is no directory", "name a directory that is empty, or not there");
  if (!fd) return std::unexpected(fd.error());
  LXCX_TRY(status, kernel.fstat(fd->get()));
  LXCX_CHECK(check_owner(status, path, own_directory_hint));
  return check_empty(kernel, fd->get(), path);
}

Result<ImageDirectory> ImageDirectory::make(Kernel& kernel, const std::string& path) {
  const Result<void> made = kernel.mkdirat(AT_FDCWD, path.c_str(), 0700);
  if (!made && made.error().sys_errno != EEXIST) return std::unexpected(made.error());
  const auto take = [&]() -> Result<ImageDirectory> {
    LXCX_TRY(fd, open_directory(kernel, AT_FDCWD, path));
    LXCX_TRY(status, kernel.fstat(fd.get()));
    LXCX_CHECK(check_owner(status, path, own_directory_hint));
    LXCX_CHECK(check_empty(kernel, fd.get(), path));
    LXCX_CHECK(kernel.fchmod(fd.get(), 0700));
    return ImageDirectory(kernel, path, std::move(fd), made.has_value());
  };
  Result<ImageDirectory> images = take();
  if (!images && made) (void)kernel.unlinkat(AT_FDCWD, path.c_str(), AT_REMOVEDIR);
  return images;
}

Result<ImageDirectory> ImageDirectory::open(Kernel& kernel, const std::string& path) {
  Result<UniqueFd> fd = open_directory(kernel, AT_FDCWD, path);
  constexpr const char* hint = "`lxcx checkpoint -D DIR NAME` makes one";
  if (!fd && fd.error().sys_errno == ENOENT) return fail(Code::not_found, "there is no directory '" + path + "'", hint);
  if (!fd && (fd.error().sys_errno == ENOTDIR || fd.error().sys_errno == ELOOP)) return fail(Code::not_found, "'" + path + "' is no directory", hint);
  if (!fd) return std::unexpected(std::move(fd).error());
  LXCX_CHECK(check_images(kernel, fd->get(), path, 0));
  if (!kernel.faccessat(fd->get(), facts_file, F_OK, 0)) return fail(Code::not_found, "'" + path + "' holds no checkpoint of lxcx", hint);
  if (!kernel.faccessat(fd->get(), inventory, F_OK, 0))
    return fail(Code::not_found, "the checkpoint in '" + path + "' is not whole: its dump was cut short", hint);
  return ImageDirectory(kernel, path, std::move(*fd), false);
}

std::string ImageDirectory::path_for_criu() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

Result<void> ImageDirectory::reopen() const {
  LXCX_TRY(here, open_directory(*kernel_, AT_FDCWD, path_));
  LXCX_TRY(checked, kernel_->fstat(fd_.get()));
  LXCX_TRY(status, kernel_->fstat(here.get()));
  if (status.st_dev != checked.st_dev || status.st_ino != checked.st_ino) return fail(Code::busy, "'" + path_ + "' was replaced meanwhile");
  return kernel_->dup2(here.get(), fd_.get());
}

Result<void> ImageDirectory::let_group_search(gid_t group) const {
  LXCX_CHECK(kernel_->fchown(fd_.get(), static_cast<uid_t>(-1), group));
  return kernel_->fchmod(fd_.get(), 0710);
}

void ImageDirectory::close_to_group() const {
  (void)kernel_->fchmod(fd_.get(), 0700);
  (void)kernel_->fchown(fd_.get(), static_cast<uid_t>(-1), ::getegid());
}

Result<std::string> ImageDirectory::read(const char* name) const { return read_file(*kernel_, fd_.get(), name, largest_text); }

Result<void> ImageDirectory::write(const std::string& name, std::string_view text) const {
  return replace_file(*kernel_, fd_.get(), name, text, 0600);
}

void ImageDirectory::discard() const {
  if (const Result<std::vector<std::string>> names = names_in(*kernel_, fd_.get()))
    for (const std::string& name : *names)
      if (!is_log(name)) (void)kernel_->unlinkat(fd_.get(), name.c_str(), 0);
  if (is_new_) (void)kernel_->unlinkat(AT_FDCWD, path_.c_str(), AT_REMOVEDIR);  // not while there is a log
}

Error criu_error(const ImageDirectory& images, const char* log, const std::string& what, std::string_view output) {
  Error error{Code::kernel, 0, what, {}, {}, {}, {}};
  const Result<std::string> text = images.read(log);
  std::vector<std::string> lines = text ? error_lines(*text, most_error_lines) : std::vector<std::string>();
  if (lines.empty()) lines = error_lines(output, most_error_lines);
  if (!lines.empty()) {
    // The first error is mostly the cause, and the later ones what came of it.
    error.message += ": " + lines.front();
    lines.erase(lines.begin());
  }
  for (const std::string& line : lines) error.details += "criu: " + line + "\n";
  if (text) error.details += "criu's log: " + images.path() + "/" + log + "\n";
  error.hint = "`lxcx checkpoint -v` makes criu's log tell all";
  return error;
}

Result<void> check_action_script(Kernel& kernel, const std::string& path) {
  if (path.empty()) return {};
  LXCX_TRY(status, doing(kernel.fstatat(AT_FDCWD, path.c_str(), 0), "the action script"));
  if (!S_ISREG(status.st_mode)) return fail(Code::usage, "the action script '" + path + "' is no file");
  if (!kernel.faccessat(AT_FDCWD, path.c_str(), X_OK, 0))
    return fail(Code::denied, "the action script '" + path + "' is not executable", "chmod +x " + path);
  return check_owner(status, path, "it would run as root: let root alone write to it");
}

}  // namespace lxcx::core
