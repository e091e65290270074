// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include "core/base/text.hpp"
#include "core/container/run_directory.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

constexpr const char* file_name = "journal";

/// `scope<TAB>key<TAB>value`, each escaped.
std::optional<JournalEntry> parse_line(std::string_view line) {
  const std::vector<std::string> parts = split(line, '\t', true);
  if (parts.size() != 3) return std::nullopt;
  return JournalEntry{unescape_line(parts[0]), unescape_line(parts[1]), unescape_line(parts[2])};
}

}  // namespace

Result<Journal> Journal::open(Kernel& kernel, int run_dirfd, bool create) {
  Journal journal;
  journal.kernel_ = &kernel;
  const int flags = O_RDWR | O_APPEND | O_NOFOLLOW | (create ? O_CREAT : 0);
  LXCX_TRY(fd, doing(kernel.openat(run_dirfd, file_name, flags, 0600), "open the run journal"));
  journal.fd_ = std::move(fd);
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

Result<void> Journal::append(std::string_view scope, std::string_view key, std::string_view value) {
  const std::string line = escape_line(scope) + "\t" + escape_line(key) + "\t" + escape_line(value) + "\n";
  // The journal is on tmpfs and must survive a crash of ours, not of the machine: one write(2) is durable enough.
  LXCX_TRY(written, doing(kernel_->write(fd_.get(), line.data(), line.size()), "write the run journal"));
  if (written != line.size()) return fail(Code::kernel, "write the run journal: the disk is full", "free some room on the file system of /run");
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
