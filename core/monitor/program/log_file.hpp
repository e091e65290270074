// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lxcx::monitor {

/// The container's log (lxc.log.file, --logfile): the same lines as core/base/log writes, at level ERROR.
class LogFile {
 public:
  /// `name` comes first in each line: "lxcx web". fd -1: no log.
  void open(int fd, const char* name) {
    fd_ = fd;
    name_ = name;
  }
  void error(const char* text) const;

 private:
  int fd_ = -1;
  const char* name_ = "lxcx";
};

}  // namespace lxcx::monitor
