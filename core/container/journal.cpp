// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <cerrno>

#include "core/base/text.hpp"
#include "core/container/run_directory.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

/// `scope<TAB>key<TAB>value`, each escaped.
std::optional<JournalEntry> parse_line(std::string_view line) {
  const std::vector<std::string> parts = split(line, '\t', true);
  if (parts.size() != 3) return std::nullopt;
  return JournalEntry{unescape_line(parts[0]), unescape_line(parts[1]), unescape_line(parts[2])};
}

}  // namespace

Result<Journal> Journal::open(Kernel& kernel, int dirfd, bool create, const char* file_name) {
  Journal journal;
  journal.kernel_ = &kernel;
  const int flags = O_RDWR | O_APPEND | O_NOFOLLOW | (create ? O_CREAT : 0);
  LXCX_TRY(fd, doing(kernel.openat(dirfd, file_name, flags, 0600), "open the journal"));
  journal.fd_ = std::move(fd);
  LXCX_TRY(status, kernel.fstat(journal.fd_.get()));
  // What it says was made is removed with the caller's rights.
  LXCX_CHECK(check_owner(file_name, status));
  LXCX_TRY(text, read_all(kernel, journal.fd_.get(), std::size_t{16} << 20));
  // A line without its newline was being written when its writer died: the act it announces did not begin.
  std::string_view rest(text);
  while (true) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    if (auto entry = parse_line(rest.substr(0, end))) journal.entries_.push_back(std::move(*entry));
    rest.remove_prefix(end + 1);
  }
  if (!rest.empty()) LXCX_CHECK(kernel.ftruncate(journal.fd_.get(), static_cast<off_t>(text.size() - rest.size())));
  return journal;
}

Result<bool> Journal::lock() {
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  const Result<int> locked = kernel_->fcntl(fd_.get(), F_OFD_SETLK, reinterpret_cast<long>(&whole));
  if (locked) return true;
  if (locked.error().sys_errno == EAGAIN || locked.error().sys_errno == EACCES) return false;
  return std::unexpected(locked.error());
}

Result<Creation> creation_of(Kernel& kernel, const ContainerPaths& paths) {
  const Result<UniqueFd> directory = kernel.openat(AT_FDCWD, paths.directory().c_str(), O_PATH | O_DIRECTORY);
  if (!directory && directory.error().sys_errno == ENOENT) return Creation::finished;
  if (!directory) return std::unexpected(directory.error());
  Result<Journal> partial = Journal::open(kernel, directory->get(), false, "partial");
  if (!partial && partial.error().sys_errno == ENOENT) return Creation::finished;
  if (!partial) return std::unexpected(std::move(partial).error());
  LXCX_TRY(is_abandoned, partial->lock());
  return is_abandoned ? Creation::cut_short : Creation::going_on;
}

Result<void> Journal::append(std::string_view scope, std::string_view key, std::string_view value) {
  const std::string line = escape_line(scope) + "\t" + escape_line(key) + "\t" + escape_line(value) + "\n";
  // To survive a crash of ours, not of the machine, one write(2) is durable enough.
  LXCX_TRY(written, doing(kernel_->write(fd_.get(), line.data(), line.size()), "write the journal"));
  if (written != line.size()) return fail(Code::kernel, "write the journal: the disk is full", "free some room on its file system");
  entries_.push_back({std::string(scope), std::string(key), std::string(value)});
  return {};
}

const std::string* Journal::last(std::string_view scope, std::string_view key) const {
  for (auto it = entries_.rbegin(); it != entries_.rend(); ++it)
    if (it->scope == scope && it->key == key) return &it->value;
  return nullptr;
}

std::vector<std::string> Journal::all(std::string_view scope, std::string_view key) const {
  std::vector<std::string> values;
  for (const JournalEntry& entry : entries_)
    if (entry.scope == scope && entry.key == key) values.push_back(entry.value);
  return values;
}

}  // namespace lxcx::core
