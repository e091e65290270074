// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace lxcx::conformance {

namespace fs = std::filesystem;

std::vector<std::string> tree_of(const std::string& directory) {
  std::vector<std::string> lines;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    struct stat status{};
    if (::lstat(it->path().c_str(), &status) != 0) continue;
    std::string line = it->path().lexically_relative(directory).string() + " mode " + std::to_string(status.st_mode) + " owner " +
                       std::to_string(status.st_uid) + ":" + std::to_string(status.st_gid);
    if (S_ISREG(status.st_mode)) line += " size " + std::to_string(status.st_size);
    if (S_ISLNK(status.st_mode)) line += " -> " + fs::read_symlink(it->path(), error).string();
    lines.push_back(std::move(line));
  }
  std::ranges::sort(lines);
  return lines;
}

std::string first_difference(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  std::vector<std::string> lost, made;
  std::ranges::set_difference(before, after, std::back_inserter(lost));
  std::ranges::set_difference(after, before, std::back_inserter(made));
  if (!made.empty()) return "+ " + made.front();
  if (!lost.empty()) return "- " + lost.front();
  return {};
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  return static_cast<bool>(file.flush());
}

std::string read_file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace lxcx::conformance
