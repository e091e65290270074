// SPDX-License-Identifier: Apache-2.0
// A built plugin, loaded as the host loads it, with a call whose every answer the test gives and sees.
#pragma once
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "lxcx/call.hpp"
#include "lxcx/fd.hpp"

namespace lxcx::test {

/// Answers settings, keeps records, collects what the plugin says.
class FakeCall : public lxcx_call {
 public:
  FakeCall() : lxcx_call{&table} {}
  FakeCall(const FakeCall&) = delete;
  FakeCall& operator=(const FakeCall&) = delete;

  std::vector<std::pair<std::string, std::string>> settings;
  std::map<std::string, std::string> records;
  std::vector<std::pair<std::string, std::string>> results;
  std::vector<std::string> logs;
  std::uint64_t progress = 0;
  bool is_cancelled = false;
  lxcx_code failed = LXCX_OK;
  int sys_errno = 0;
  std::string message, hint;

  std::string result(std::string_view key) const {
    for (auto it = results.rbegin(); it != results.rend(); ++it)
      if (it->first == key) return it->second;
    return "";
  }
  std::vector<std::string> all(std::string_view key) const {
    std::vector<std::string> values;
    for (const auto& [name, value] : results)
      if (name == key) values.push_back(value);
    return values;
  }
  bool logged(std::string_view text) const {
    for (const std::string& line : logs)
      if (line.find(text) != std::string::npos) return true;
    return false;
  }

 private:
  static FakeCall& of(lxcx_call* call) { return *static_cast<FakeCall*>(call); }
  static constexpr lxcx_call_ops table{
      sizeof(lxcx_call_ops),
      0,
      [](lxcx_call* c, lxcx_code code, int error, lxcx_str message, lxcx_str hint) {
        of(c).failed = code;
        of(c).sys_errno = error;
        of(c).message = lift(message);
        of(c).hint = lift(hint);
        return code;
      },
      [](lxcx_call* c, lxcx_level, lxcx_str text) { of(c).logs.emplace_back(lift(text)); },
      [](lxcx_call* c, lxcx_str key, std::size_t index, lxcx_str* value) {
        for (const auto& [name, text] : of(c).settings)
          if (name == lift(key) && index-- == 0) {
            *value = lower(text);
            return 1;
          }
        return 0;
      },
      [](lxcx_call* c, lxcx_str key, lxcx_str value) {
        of(c).records[std::string(lift(key))] = lift(value);
        return LXCX_OK;
      },
      [](lxcx_call* c, lxcx_str key, lxcx_str* value) {
        const auto found = of(c).records.find(std::string(lift(key)));
        if (found == of(c).records.end()) return 0;
        *value = lower(found->second);
        return 1;
      },
      [](lxcx_call* c, lxcx_str key, lxcx_str value) { of(c).results.emplace_back(lift(key), lift(value)); },
      [](lxcx_call*, lxcx_str, int fd) { ::close(fd); },
      [](lxcx_call* c, std::uint64_t done, std::uint64_t) { of(c).progress = done; },
      [](lxcx_call* c) { return of(c).is_cancelled ? 1 : 0; },
  };
};

/// The functions of a plugin's kind, from its library.
template <class Ops>
const Ops& load(const char* library) {
  void* handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  INFO((handle == nullptr ? ::dlerror() : ""));
  REQUIRE(handle != nullptr);
  const auto* descriptor = static_cast<const lxcx_plugin_descriptor*>(::dlsym(handle, "lxcx_plugin"));
  REQUIRE(descriptor != nullptr);
  return *static_cast<const Ops*>(descriptor->ops);
}

/// A directory of the test's own, gone at its end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lxcxt-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
    ::chmod(path.c_str(), 0755);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string path;
};

inline void write_file(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline struct stat status_of(const std::string& path) {
  struct stat status{};
  INFO(path);
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}
inline bool exists(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

/// A volume in a directory of its own, as core would say it.
struct TestVolume {
  explicit TestVolume(std::string directory_path, std::string name = "web") : container(std::move(name)), directory(std::move(directory_path)) {}
  std::string container, source, directory, options;
  std::vector<lxcx_idmap> idmap;
  lxcx_volume raw() const {
    return {sizeof(lxcx_volume), 0, lower(container), lower(source), lower(directory), lower(options), idmap.empty() ? nullptr : idmap.data(),
            idmap.size()};
  }
};

/// A build into SCRATCH/web/rootfs, as core would ask for it.
struct TestBuild {
  explicit TestBuild(const Scratch& scratch) : directory(scratch.path + "/web"), rootfs(directory + "/rootfs"), config_path(directory + "/config") {
    std::filesystem::create_directories(rootfs);
    write_file(config_path, "");
  }
  std::string container = "web", directory, rootfs, config_path;
  std::vector<lxcx_idmap> idmap;
  std::vector<std::string> args;
  lxcx_code run(const lxcx_template_ops& ops, FakeCall& call) { return ops.build(&call, raw()); }
  lxcx_code options(const lxcx_template_ops& ops, FakeCall& call) { return ops.options(&call, raw()); }

 private:
  const lxcx_build* raw() {
    words_.clear();
    for (const std::string& arg : args) words_.push_back(lower(arg));
    raw_ = {sizeof(lxcx_build),
            0,
            lower(container),
            lower(directory),
            lower(rootfs),
            lower(config_path),
            idmap.empty() ? nullptr : idmap.data(),
            idmap.size(),
            words_.data(),
            words_.size()};
    return &raw_;
  }
  std::vector<lxcx_str> words_;
  lxcx_build raw_{};
};

/// Runs a shell command; its exit status and output.
struct Ran {
  int status = -1;
  std::string output;
};
inline Ran shell(const std::string& command) {
  Ran ran;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char text[4096];
  for (std::size_t size = 0; (size = ::fread(text, 1, sizeof text, pipe)) > 0;) ran.output.append(text, size);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

inline std::vector<lxcx_idmap> shifted_map() { return {{'u', 0, 100000, 65536}, {'g', 0, 200000, 65536}}; }

}  // namespace lxcx::test
