// SPDX-License-Identifier: Apache-2.0
// Where the listening socket comes from.
#pragma once
#include <optional>
#include <string>

#include "lxcx/fd.hpp"
#include "lxcx/result.hpp"

namespace lxcx::net::service {

/// A socket that this process bound; its path goes with the object. The socket itself is left to the end of the process: a request that nobody has
/// read may carry one with SO_LINGER, and close(2) would wait for it, which a process that ends does not.
class BoundSocket {
 public:
  /// Anybody may connect to it (mode 0666). Makes the directory, if that alone is missing, and takes the place of a socket that nobody listens on.
  /// Errors: busy when somebody does; usage for a path that is too long; kernel.
  static Result<BoundSocket> bind(const std::string& path);
  BoundSocket(BoundSocket&&) noexcept = default;
  BoundSocket& operator=(BoundSocket&&) = delete;
  ~BoundSocket();
  int get() const { return fd_.get(); }

 private:
  BoundSocket(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;  ///< empty once moved from
  std::string path_;
};

/// The socket that a service manager passed on: sd_listen_fds(3), one of SOCK_SEQPACKET. No value when none was. Errors: usage.
Result<std::optional<Fd>> passed_socket();

}  // namespace lxcx::net::service
