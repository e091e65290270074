// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace lxcx::conformance {

namespace {

namespace fs = std::filesystem;
using Facts = std::map<std::string, std::string>;

std::string link_target(const std::string& path) {
  std::error_code ignored;
  return fs::read_symlink(path, ignored).string();
}

void add_fds(Facts& facts, int ignored_fd) {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string name = entry->d_name;
    if (name.front() == '.' || name == std::to_string(::dirfd(directory)) || name == std::to_string(ignored_fd)) continue;
    facts["fd " + name] = link_target("/proc/self/fd/" + name);
  }
  ::closedir(directory);
}

void add_mounts(Facts& facts) {
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) facts["mount " + line.substr(0, line.find(' '))] = line;
}

void add_directory(Facts& facts, const std::string& path, const std::string& what, bool numbers_only) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    const std::string name = entry.path().filename().string();
    if (numbers_only && name.find_first_not_of("0123456789") != std::string::npos) continue;
    facts[what + " " + name] = "there";
  }
}

/// The C library handles signals 32 and 33 for itself from the first thread on (nptl(7)).
std::string without_libc_signals(std::string_view key, std::string value) {
  if (key != "SigCgt:") return value;
  constexpr unsigned long long libc_signals = (1ULL << 31) | (1ULL << 32);
  return std::to_string(std::stoull(value, nullptr, 16) & ~libc_signals);
}

void add_status_lines(Facts& facts) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    for (const char* key : {"Umask:", "Uid:", "Gid:", "Groups:", "SigBlk:", "SigIgn:", "SigCgt:", "CapInh:", "CapPrm:", "CapEff:", "CapBnd:",
                            "CapAmb:", "NoNewPrivs:", "Seccomp:"})
      if (line.starts_with(key)) facts[std::string("process ") + key] = without_libc_signals(key, line.substr(line.find('\t') + 1));
}

}  // namespace

World World::take(int ignored_fd) {
  World world;
  Facts& facts = world.facts_;
  add_fds(facts, ignored_fd);
  add_mounts(facts);
  add_directory(facts, "/proc/self/task", "thread", true);
  add_directory(facts, "/proc", "process", true);
  add_directory(facts, "/dev/mapper", "device mapper", false);
  add_status_lines(facts);
  facts["working directory"] = link_target("/proc/self/cwd");
  facts["root directory"] = link_target("/proc/self/root");
  for (const char* ns : {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"})
    facts[std::string("namespace ") + ns] = link_target(std::string("/proc/self/ns/") + ns);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    facts["environment " + text.substr(0, text.find('='))] = text;
  }
  return world;
}

std::vector<std::string> World::changes_until(const World& later) const {
  std::vector<std::string> changes;
  for (const auto& [name, value] : facts_) {
    const auto it = later.facts_.find(name);
    if (it == later.facts_.end()) {
      changes.push_back(name + " is gone (was " + value + ")");
    } else if (it->second != value) {
      changes.push_back(name + " changed from '" + value + "' to '" + it->second + "'");
    }
  }
  for (const auto& [name, value] : later.facts_)
    if (!facts_.contains(name)) changes.push_back(name + " is new (" + value + ")");
  return changes;
}

std::vector<std::string> World::changes_until_now(int ignored_fd) const {
  std::vector<std::string> changes = changes_until(take(ignored_fd));
  const auto is_thread = [](const std::string& change) { return change.starts_with("thread "); };
  for (int i = 0; i < 100 && std::ranges::any_of(changes, is_thread); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    changes = changes_until(take(ignored_fd));
  }
  return changes;
}

}  // namespace lxcx::conformance
