// SPDX-License-Identifier: Apache-2.0
// Registry directories of a test's own, which are gone with it.
#pragma once
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/plugin/plugins.hpp"

namespace lxcx::core {

class RegistryUnderTest {
 public:
  RegistryUnderTest() {
    REQUIRE(::mkdtemp(root_.data()) != nullptr);
    ::chmod(root_.c_str(), 0755);
    make("lib/lxcx/plugins.d");
    make("lib/lxcx/plugins");
  }
  ~RegistryUnderTest() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  RegistryUnderTest(const RegistryUnderTest&) = delete;
  RegistryUnderTest& operator=(const RegistryUnderTest&) = delete;

  std::string make(const std::string& directory) const {
    std::filesystem::create_directories(root_ + "/" + directory);
    return root_ + "/" + directory;
  }
  const std::string& root() const { return root_; }
  std::string manifests() const { return root_ + "/lib/lxcx/plugins.d"; }
  std::string libraries() const { return root_ + "/lib/lxcx/plugins"; }

  std::string write(const std::string& path, const std::string& text) const {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0644);
    return path;
  }
  /// A manifest of storage "sample" in the installed directory; `change` replaces `from` by `to` in it.
  std::string manifest(const std::string& from = {}, const std::string& to = {}) const {
    std::string text = sample_manifest;
    if (!from.empty()) {
      const std::size_t at = text.find(from);
      REQUIRE(at != std::string::npos);
      text.replace(at, from.size(), to);
    }
    return write(manifests() + "/storage-sample.json", text);
  }
  /// One of the sample libraries as the sample manifest's.
  std::string library(const std::string& sample) const {
    const std::string path = libraries() + "/sample.so";
    std::filesystem::copy_file(std::string(LXCX_SAMPLES) + "/" + sample + ".so", path, std::filesystem::copy_options::overwrite_existing);
    ::chmod(path.c_str(), 0644);
    return path;
  }

  RegistryOptions options() const { return {{}, manifests(), true}; }
  Plugins plugins() const { return Plugins(real_kernel(), Log::none(), options()); }

  static constexpr const char* sample_manifest =
      "{\n"
      "  \"manifest\": 1,\n"
      "  \"kind\": \"storage\",\n"
      "  \"name\": \"sample\",\n"
      "  \"version\": \"1.0.0\",\n"
      "  \"library\": \"sample.so\",\n"
      "  \"abi\": \"1.0\",\n"
      "  \"summary\": \"A sample\",\n"
      "  \"license\": \"Apache-2.0\"\n"
      "}\n";

 private:
  std::string root_ = "/tmp/lxcxt-registry.XXXXXX";
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace lxcx::core
