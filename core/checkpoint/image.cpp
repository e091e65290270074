// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/image.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.hpp"
#include "core/criu/criu.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view format = "lxcx checkpoint 1";
constexpr std::size_t largest_text = std::size_t{64} << 20;  // a log that tells all
constexpr const char* images_directory = "images";
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

/// Opens a directory by a path that criu will follow once more: nobody but root can make any part of it stand for something else meanwhile. A
/// directory that others can write to must be sticky, and then what is taken from it be root's: others cannot rename that (rename(2)).
Result<UniqueFd> open_firm(Kernel& kernel, int from, const std::string& path) {
  constexpr const char* hint = "let root alone write to every directory on the way, and name it without links";
  LXCX_TRY(here, kernel.openat(path.starts_with('/') ? AT_FDCWD : from, path.starts_with('/') ? "/" : ".", O_RDONLY | O_DIRECTORY));
  for (const std::string& name : split(path, '/')) {
    LXCX_TRY(directory, kernel.fstat(here.get()));
    const bool is_open = directory.st_uid != ::geteuid() || (directory.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    LXCX_TRY(next, hinting(open_directory(kernel, here.get(), name), hint));
    LXCX_TRY(taken, kernel.fstat(next.get()));
    const bool stays = !is_open || name == ".." || name == "." ||
                       (directory.st_uid == ::geteuid() && (directory.st_mode & S_ISVTX) != 0 && taken.st_uid == ::geteuid());
    if (!stays) return fail(Code::denied, "others can change what '" + path + "' leads to, at '" + name + "'", hint);
    here = std::move(next);
  }
  return here;
}

/// criu's files, and those of the pre-dumps that they build on.
Result<void> check_images(Kernel& kernel, int directory, const std::string& path, int depth) {
  LXCX_TRY(status, kernel.fstat(directory));
  LXCX_CHECK(check_owner(status, path, own_images_hint));
  LXCX_TRY(names, names_in(kernel, directory));
  for (const std::string& name : names) {
    LXCX_TRY(file, kernel.fstatat(directory, name.c_str(), AT_SYMLINK_NOFOLLOW));
    if (name == parent_link && S_ISLNK(file.st_mode)) {
      if (depth == most_parents) return fail(Code::usage, "'" + path + "' builds on more than " + std::to_string(most_parents) + " pre-dumps");
      LXCX_TRY(target, kernel.readlinkat(directory, parent_link));
      LXCX_TRY(parent, doing(open_firm(kernel, directory, target), "open the pre-dump of '" + path + "'"));
      LXCX_CHECK(check_images(kernel, parent.get(), target.starts_with('/') ? target : path + "/" + target, depth + 1));
      continue;
    }
    if (!S_ISREG(file.st_mode)) return fail(Code::denied, "'" + path + "/" + name + "' is no file", own_images_hint);
    LXCX_CHECK(check_owner(file, path + "/" + name, own_images_hint));
  }
  return {};
}

Result<void> check_directory(Kernel& kernel, int directory, const std::string& path) {
  LXCX_TRY(status, kernel.fstat(directory));
  LXCX_CHECK(check_owner(status, path, own_images_hint));
  LXCX_TRY(names, names_in(kernel, directory));
  for (const std::string& name : names) {
    LXCX_TRY(file, kernel.fstatat(directory, name.c_str(), AT_SYMLINK_NOFOLLOW));
    const bool is_wanted = S_ISREG(file.st_mode) || (name == images_directory && S_ISDIR(file.st_mode));
    if (!is_wanted) return fail(Code::denied, "'" + path + "/" + name + "' is no file", own_images_hint);
    LXCX_CHECK(check_owner(file, path + "/" + name, own_images_hint));
  }
  return {};
}

constexpr const char* makes_one_hint = "`lxcx checkpoint -D DIR NAME` makes one";

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

std::string previous_for_criu(const std::string& previous) { return (previous.starts_with('/') ? "" : "../") + previous + "/" + images_directory; }

Result<void> ImageDirectory::check_free(Kernel& kernel, const std::string& path, bool makes_parents) {
  const Result<UniqueFd> fd = open_directory(kernel, AT_FDCWD, path);
  if (!fd && fd.error().sys_errno == ENOENT) {
    if (makes_parents) return {};
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

Result<ImageDirectory> ImageDirectory::make(Kernel& kernel, const std::string& path, bool makes_parents) {
  if (makes_parents) LXCX_CHECK(make_directories(kernel, path.substr(0, std::max<std::size_t>(1, path.rfind('/'))), 0700));
  const Result<void> made = kernel.mkdirat(AT_FDCWD, path.c_str(), 0700);
  if (!made && made.error().sys_errno != EEXIST) return std::unexpected(made.error());
  const auto take = [&]() -> Result<ImageDirectory> {
    LXCX_TRY(fd, open_directory(kernel, AT_FDCWD, path));
    LXCX_TRY(status, kernel.fstat(fd.get()));
    LXCX_CHECK(check_owner(status, path, own_directory_hint));
    LXCX_CHECK(check_empty(kernel, fd.get(), path));
    LXCX_CHECK(kernel.fchmod(fd.get(), 0700));
    LXCX_CHECK(kernel.mkdirat(fd.get(), images_directory, 0711));
    const auto open_images = [&]() -> Result<ImageDirectory> {
      LXCX_TRY(images, open_directory(kernel, fd.get(), images_directory));
      LXCX_CHECK(kernel.fchmod(images.get(), 0711));
      return ImageDirectory(kernel, path, std::move(fd), std::move(images), made.has_value());
    };
    const int directory = fd.get();
    Result<ImageDirectory> opened = open_images();
    if (!opened) (void)kernel.unlinkat(directory, images_directory, AT_REMOVEDIR);
    return opened;
  };
  Result<ImageDirectory> images = take();
  if (!images && made) (void)kernel.unlinkat(AT_FDCWD, path.c_str(), AT_REMOVEDIR);
  return images;
}

Result<ImageDirectory> ImageDirectory::open(Kernel& kernel, UniqueFd fd, const std::string& path) {
  LXCX_CHECK(check_directory(kernel, fd.get(), path));
  if (!kernel.faccessat(fd.get(), facts_file, F_OK, 0)) return fail(Code::not_found, "'" + path + "' holds no checkpoint of lxcx", makes_one_hint);
  const auto not_whole = [&] {
    return fail(Code::not_found, "the checkpoint in '" + path + "' is not whole: its dump was cut short", makes_one_hint);
  };
  Result<UniqueFd> images = open_directory(kernel, fd.get(), images_directory);
  if (!images && images.error().sys_errno == ENOENT) return not_whole();
  if (!images) return std::unexpected(std::move(images).error());
  LXCX_CHECK(check_images(kernel, images->get(), path + "/" + images_directory, 0));
  if (!kernel.faccessat(images->get(), inventory, F_OK, 0)) return not_whole();
  return ImageDirectory(kernel, path, std::move(fd), std::move(*images), false);
}

Result<ImageDirectory> ImageDirectory::open(Kernel& kernel, const std::string& path) {
  Result<UniqueFd> fd = open_directory(kernel, AT_FDCWD, path);
  if (!fd && fd.error().sys_errno == ENOENT) return fail(Code::not_found, "there is no directory '" + path + "'", makes_one_hint);
  if (!fd && (fd.error().sys_errno == ENOTDIR || fd.error().sys_errno == ELOOP))
    return fail(Code::not_found, "'" + path + "' is no directory", makes_one_hint);
  if (!fd) return std::unexpected(std::move(fd).error());
  return open(kernel, std::move(*fd), path);
}

Result<ImageDirectory> ImageDirectory::open_previous(Kernel& kernel, const std::string& directory, const std::string& previous) {
  constexpr std::string_view up = "../";
  const std::string above = directory.substr(0, std::max<std::size_t>(1, directory.rfind('/')));
  const std::string from = previous.starts_with(up) ? above : directory, rest = previous.starts_with(up) ? previous.substr(up.size()) : previous;
  LXCX_TRY(start, kernel.openat(AT_FDCWD, previous.starts_with('/') ? "/" : from.c_str(), O_RDONLY | O_DIRECTORY));
  LXCX_TRY(fd, open_firm(kernel, start.get(), rest));
  return open(kernel, std::move(fd), previous.starts_with('/') ? previous : from + "/" + rest);
}

Result<void> ImageDirectory::check_previous(const std::string& previous) const {
  LXCX_TRY(fd, open_firm(*kernel_, images_.get(), previous_for_criu(previous)));
  return check_images(*kernel_, fd.get(), previous, 1);
}

Result<void> ImageDirectory::reopen() const {
  LXCX_TRY(here, open_directory(*kernel_, AT_FDCWD, path_));
  LXCX_TRY(images, open_directory(*kernel_, here.get(), images_directory));
  for (const auto& [fresh, known] : {std::pair(here.get(), fd_.get()), std::pair(images.get(), images_.get())}) {
    LXCX_TRY(checked, kernel_->fstat(known));
    LXCX_TRY(status, kernel_->fstat(fresh));
    if (status.st_dev != checked.st_dev || status.st_ino != checked.st_ino) return fail(Code::busy, "'" + path_ + "' was replaced meanwhile");
    LXCX_CHECK(kernel_->dup2(fresh, known));
  }
  return {};
}

Result<std::string> ImageDirectory::read(const char* name) const { return read_file(*kernel_, fd_.get(), name, largest_text); }

Result<void> ImageDirectory::write(const std::string& name, std::string_view text) const {
  return replace_file(*kernel_, fd_.get(), name, text, 0600);
}

void ImageDirectory::discard() const {
  for (const std::string& name : names_in(*kernel_, images_.get()).value_or(std::vector<std::string>()))
    (void)kernel_->unlinkat(images_.get(), name.c_str(), 0);
  (void)kernel_->unlinkat(fd_.get(), images_directory, AT_REMOVEDIR);
  for (const std::string& name : names_in(*kernel_, fd_.get()).value_or(std::vector<std::string>()))
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
