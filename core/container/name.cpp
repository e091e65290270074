// SPDX-License-Identifier: Apache-2.0
#include "core/container/name.hpp"

#include <unistd.h>

#include <cstdlib>

#include "core/base/text.hpp"

namespace lxcx::core {

namespace {
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_host_name = 64;  // uname(2)
constexpr std::string_view rule = "a name has 1 to 200 bytes, no '/', no control characters, and starts with neither '.' nor '-'";
}  // namespace

Result<void> check_name(std::string_view name) {
  const auto refuse = [&](const std::string& why) {
    return fail(Code::usage, "'" + escape_line(name) + "' cannot name a container: " + why, std::string(rule));
  };
  if (name.empty()) return fail(Code::usage, "no container name given", std::string(rule));
  if (name.size() > longest_name) return refuse("it is " + std::to_string(name.size()) + " bytes long");
  if (name.front() == '.' || name.front() == '-') return refuse(std::string("it starts with '") + name.front() + "'");
  for (const char c : name) {
    if (c == '/') return refuse("it contains '/'");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return refuse("it contains a control character");
  }
  return {};
}

Result<void> check_new_name(std::string_view name) {
  LXCX_CHECK(check_name(name));
  if (name.size() <= longest_host_name) return {};
  return fail(Code::usage, "'" + std::string(name) + "' is too long for a host name, which a container's name becomes",
              "64 bytes are the most that a host name has");
}

std::string RuntimeRoot::of_lxcpath(std::string_view lxcpath) const { return directory + "/" + hex16(fnv1a(lxcpath)); }
std::string RuntimeRoot::of_container(const ContainerPaths& paths) const { return of_lxcpath(paths.lxcpath) + "/" + paths.name; }
std::string RuntimeRoot::lock_of(const ContainerPaths& paths) const { return of_lxcpath(paths.lxcpath) + "/." + paths.name + ".lock"; }

RuntimeRoot runtime_root() {
  if (::geteuid() == 0) return {"/run/lxcx", {}};
  if (const char* user = ::secure_getenv("XDG_RUNTIME_DIR"); user != nullptr && *user == '/') return {std::string(user) + "/lxcx", {}};
  const char* home = ::secure_getenv("HOME");
  return {std::string(home != nullptr ? home : "") + "/.cache/lxcx/run", {}};
}

}  // namespace lxcx::core
