// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/cgroup_options.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

constexpr std::size_t largest_file = std::size_t{4} << 20;

struct Found {
  std::string mount_point, options;
};

/// proc(5), mountinfo: the first cgroup2, and the options of its superblock but ro and rw.
Found find_cgroup2(Kernel& kernel) {
  const std::string text = read_file(kernel, AT_FDCWD, "/proc/self/mountinfo", largest_file).value_or("");
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> fields = split(line, ' ');
    const auto mark = std::ranges::find(fields, "-");
    if (fields.size() < 7 || fields.end() - mark < 4 || *std::next(mark) != "cgroup2") continue;
    std::vector<std::string> options = split(*std::next(mark, 3), ',');
    std::erase_if(options, [](const std::string& option) { return option == "rw" || option == "ro"; });
    return {fields[4], join(options, ",")};
  }
  return {};
}

/// The mount's own flags, which a remount would else clear: statfs(2) and mount(2) number all but relatime alike.
Result<unsigned long> flags_of(Kernel& kernel, const std::string& mount_point) {
  LXCX_TRY(fd, kernel.openat(AT_FDCWD, mount_point.c_str(), O_PATH | O_DIRECTORY));
  LXCX_TRY(status, kernel.fstatfs(fd.get()));
  const auto set = static_cast<unsigned long>(status.f_flags);
  constexpr unsigned long alike = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME;
  constexpr unsigned long relatime = 4096;  // ST_RELATIME
  return (set & alike) | ((set & relatime) != 0 ? static_cast<unsigned long>(MS_RELATIME) : 0UL);
}

}  // namespace

CgroupOptions::CgroupOptions(Kernel& kernel, Log& log) : kernel_(kernel), log_(log) {
  Found found = find_cgroup2(kernel);
  mount_point_ = std::move(found.mount_point);
  options_ = std::move(found.options);
}

CgroupOptions::~CgroupOptions() {
  if (mount_point_.empty() || find_cgroup2(kernel_).options == options_) return;
  const Result<unsigned long> flags = flags_of(kernel_, mount_point_);
  const Result<void> done = !flags ? Result<void>(std::unexpected(flags.error()))
                                   : kernel_.mount(nullptr, mount_point_.c_str(), nullptr, MS_REMOUNT | *flags, options_.c_str());
  if (!done) log_.warn("set the options of '" + mount_point_ + "' again (" + options_ + "): " + done.error().message + ", ignoring");
}

}  // namespace lxcx::core
