// SPDX-License-Identifier: Apache-2.0
#include "journal.hpp"

#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "core/base/text.hpp"

namespace lxcx::conformance {

Journal::Journal(std::string path) : path_(std::move(path)) {
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) values_.insert_or_assign(core::unescape_line(line.substr(0, tab)), core::unescape_line(line.substr(tab + 1)));
  }
}

Result<void> Journal::record(std::string_view key, std::string_view value) {
  std::ofstream file(path_, std::ios::app);
  file << core::escape_line(key) << '\t' << core::escape_line(value) << '\n';
  if (!file.flush()) return fail(Code::kernel, "cannot write the journal '" + path_ + "'");
  values_.insert_or_assign(std::string(key), std::string(value));
  if (++records_ == kill_at_) ::kill(::getpid(), SIGKILL);
  return {};
}

const std::string* Journal::recall(std::string_view key) const {
  const auto it = values_.find(key);
  return it == values_.end() ? nullptr : &it->second;
}

}  // namespace lxcx::conformance
