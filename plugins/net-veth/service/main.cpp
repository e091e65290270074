// SPDX-License-Identifier: Apache-2.0
// lxcx-netd: network devices for the containers of ordinary users, as /etc/lxc/lxc-usernet allows them.
#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "lxcx/fd.hpp"
#include "net-veth/service/confine.hpp"
#include "net-veth/service/listen.hpp"
#include "net-veth/service/server.hpp"
#include "net-veth/service/usernet.hpp"

namespace {

using namespace lxcx;
using namespace lxcx::net::service;

constexpr const char* usage = "usage: lxcx-netd [--listen PATH] [--usernet FILE]\n";

struct Options {
  std::string path;  ///< empty: from the service manager, else the default
  Means means;
  bool is_valid = true;
};

Options parse_options(int argc, char** argv) {
  Options options;
  for (int at = 1; at < argc; at += 2) {
    const std::string_view name = argv[at];
    if (at + 1 < argc && name == "--listen")
      options.path = argv[at + 1];
    else if (at + 1 < argc && name == "--usernet")
      options.means.usernet = argv[at + 1];
    else
      options.is_valid = false;
  }
  return options;
}

void complain(const Error& error) {
  const char* why = error.sys_errno != 0 ? ::strerrordesc_np(error.sys_errno) : nullptr;
  std::fprintf(stderr, "lxcx-netd: %s%s%s\n", error.message.c_str(), why != nullptr ? ": " : "", why != nullptr ? why : "");
  if (!error.hint.empty()) std::fprintf(stderr, "  hint: %s\n", error.hint.c_str());
}

/// Once, and not with every request: a user could fill the log.
void warn_of_malformed(const std::string& path) {
  const Result<Usernet> usernet = read_usernet(path);
  if (!usernet) return complain(usernet.error());
  for (const unsigned line : usernet->malformed)
    std::fprintf(stderr, "lxcx-netd: %s:%u: not `NAME veth BRIDGE COUNT`, ignoring\n", path.c_str(), line);
}

Result<void> run(Options& options) {
  LXCX_TRY(passed, passed_socket());
  const Fd lock(::memfd_create("lxcx-netd", MFD_CLOEXEC));
  if (!lock) return fail_errno(errno, "memfd_create");
  options.means.lock_fd = lock.get();
  if (passed && options.path.empty()) {
    LXCX_CHECK(keep_network_capability_alone());
    warn_of_malformed(options.means.usernet);
    return run_server(passed->release(), options.means, true);  // the end of the process closes it, as a BoundSocket's
  }
  LXCX_TRY(bound, BoundSocket::bind(options.path.empty() ? default_socket : options.path));
  LXCX_CHECK(keep_network_capability_alone());
  warn_of_malformed(options.means.usernet);
  return run_server(bound.get(), options.means, false);
}

}  // namespace

int main(int argc, char** argv) {
  Options options = parse_options(argc, argv);
  if (!options.is_valid) {
    std::fputs(usage, stderr);
    return static_cast<int>(Code::usage);
  }
  const Result<void> ran = run(options);
  if (ran) return 0;
  complain(ran.error());
  return static_cast<int>(ran.error().code);
}
