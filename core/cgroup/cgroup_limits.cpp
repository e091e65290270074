// SPDX-License-Identifier: Apache-2.0
// lxc.cgroup.* and lxc.cgroup2.*, and single files of a group.
#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>

#include "core/base/text.hpp"
#include "core/cgroup/bpf_devices.hpp"
#include "core/cgroup/cgroup_layout.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/cgroup/counterparts.hpp"
#include "core/cgroup/device_rules.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"

namespace lxcx::core {
namespace {

constexpr std::string_view swap_limit = "memory.memsw.limit_in_bytes";

std::string controller_of(std::string_view key) { return std::string(key.substr(0, key.find('.'))); }
bool is_device_key(std::string_view key) { return key.starts_with("devices."); }
bool is_device_change(std::string_view key) { return key == "devices.allow" || key == "devices.deny"; }

bool has_controller(const Hierarchy& hierarchy, const std::string& controller) {
  return std::find(hierarchy.controllers.begin(), hierarchy.controllers.end(), controller) != hierarchy.controllers.end();
}

const Hierarchy* v1_of(const std::vector<Hierarchy>& hierarchies, const std::string& controller) {
  for (const Hierarchy& hierarchy : hierarchies)
    if (!hierarchy.is_v2 && has_controller(hierarchy, controller)) return &hierarchy;
  return nullptr;
}

const Hierarchy* v2_of(const std::vector<Hierarchy>& hierarchies) {
  for (const Hierarchy& hierarchy : hierarchies)
    if (hierarchy.is_v2) return &hierarchy;
  return nullptr;
}

/// Where a file is: the v1 hierarchy of its controller, else v2; "cgroup.…" belongs to no controller and is v2's first.
const Hierarchy* hierarchy_of(const std::vector<Hierarchy>& hierarchies, std::string_view key) {
  const std::string controller = controller_of(key);
  const Hierarchy* v1 = v1_of(hierarchies, controller);
  const Hierarchy* v2 = v2_of(hierarchies);
  if (v1) return v1;
  if (v2) return v2;
  return hierarchies.empty() ? nullptr : &hierarchies.front();
}

Result<void> check_key(std::string_view key) {
  const bool is_bad = key.empty() || key.front() == '.' || key.find('/') != key.npos || key.find('\0') != key.npos;
  if (is_bad) return fail(Code::usage, "'" + std::string(key) + "' is no cgroup file", "name it as CONTROLLER.FILE, such as memory.max");
  return {};
}

/// "/dev/x rwm" -> "c 10:200 rwm"; anything else stays.
Result<std::string> device_rule_text(Kernel& kernel, std::string_view value) {
  const std::string_view text = trim(value);
  if (!text.starts_with('/')) return std::string(text);
  const std::size_t blank = text.find_last_of(" \t");
  if (blank == text.npos) return fail(Code::config, "device rule '" + std::string(text) + "' has no access", "write '/dev/x rwm'");
  const std::string path(trim(text.substr(0, blank)));
  LXCX_TRY(found, kernel.fstatat(AT_FDCWD, path.c_str(), 0));
  if (!S_ISCHR(found.st_mode) && !S_ISBLK(found.st_mode)) return fail(Code::config, "'" + path + "' is no device");
  return std::string(S_ISBLK(found.st_mode) ? "b " : "c ") + std::to_string(major(found.st_rdev)) + ":" + std::to_string(minor(found.st_rdev)) + " " +
         std::string(text.substr(blank + 1));
}

Result<DeviceChange> parse_device_change(Kernel& kernel, std::string_view key, std::string_view value) {
  LXCX_TRY(text, device_rule_text(kernel, value));
  LXCX_TRY(rule, parse_device_rule(text));
  return DeviceChange{key == "devices.allow", rule};
}

/// What a write to a cgroup file fails with (cgroups(7), and the kernel's documentation of each controller).
std::string hint_for_limit(const std::string& controller, int sys_errno) {
  switch (sys_errno) {
    case ENOENT: return "the controller '" + controller + "' of this kernel has no such file: take the line out, or see cgroups(7) for the name";
    case EINVAL:
    case ERANGE: return "the kernel takes no such value for it: see cgroups(7), and its documentation of the controller '" + controller + "'";
    case EPERM:
    case EACCES: return "it cannot be written to, or the group above does not allow as much";
    case EBUSY: return "as much is in use already: give more";
    case EOPNOTSUPP: return "the kernel was built, or booted, without it";
    default: return {};
  }
}

template <class T>
Result<T> at_setting(Result<T> result, const Setting& setting, const char* family) {
  if (result) return result;
  if (!result.error().where) result.error().where = setting.where;
  const std::string hint = hint_for_limit(controller_of(setting.key), result.error().sys_errno);
  return doing(hinting(std::move(result), hint), std::string("set ") + family + setting.key);
}

bool mentions_controller(const std::vector<Setting>& settings, const std::string& controller) {
  return std::any_of(settings.begin(), settings.end(), [&](const Setting& setting) { return controller_of(setting.key) == controller; });
}

/// A key that this machine's layout cannot serve. Silent (at debug) when the configuration sets the same controller for the other layout too:
/// it was written for both.
void warn_ignored(Log& log, const Setting& setting, const char* family, const std::string& why, bool has_other_family) {
  const std::string text = setting.where.file + ":" + std::to_string(setting.where.line) + ": " + family + setting.key + ": " + why + ", ignoring";
  if (has_other_family)
    log.debug(text);
  else
    log.warn(text);
}

Result<void> write_v1_limit(Kernel& kernel, Log& log, const Hierarchy& hierarchy, const std::string& path, const Setting& setting) {
  LXCX_CHECK(check_key(setting.key));
  std::string value = setting.value;
  if (is_device_change(setting.key)) {
    LXCX_TRY(change, parse_device_change(kernel, setting.key, setting.value));
    value = print_device_rule(change.rule);
  }
  auto written = write_existing_file(kernel, AT_FDCWD, (group_directory(hierarchy, path) + "/" + setting.key).c_str(), value);
  // device_cgroup.c gives EPERM for what the parent group does not have either, as in a nested container: nothing is lost.
  if (!written && is_device_key(setting.key) && written.error().sys_errno == EPERM) {
    log.warn("lxc.cgroup." + setting.key + " = " + setting.value + ": the parent cgroup does not have it either, ignoring");
    return {};
  }
  return written;
}

Result<void> apply_v1(Kernel& kernel, Log& log, const std::vector<Hierarchy>& hierarchies, const std::string& path, const Setting& setting) {
  const std::string controller = controller_of(setting.key);
  const Hierarchy* hierarchy = v1_of(hierarchies, controller);
  if (!hierarchy) {
    return fail(Code::not_found, "no v1 cgroup hierarchy has the controller '" + controller + "'", "mount it, or leave the setting out");
  }
  return write_v1_limit(kernel, log, *hierarchy, path, setting);
}

Result<void> apply_v2(Kernel& kernel, const Hierarchy& hierarchy, const std::string& path, const Setting& setting) {
  LXCX_CHECK(check_key(setting.key));
  auto written = write_existing_file(kernel, AT_FDCWD, (group_directory(hierarchy, path) + "/" + setting.key).c_str(), setting.value);
  if (!written && written.error().sys_errno == ENOENT)
    written.error().hint = "the controller '" + controller_of(setting.key) + "' is not enabled for this group, or has no such file";
  return written;
}

/// What is wrong with a file that is not there: mostly it is the other version's.
Error no_such_file(const Hierarchy& hierarchy, const std::string& directory, std::string_view key) {
  const std::string other = hierarchy.is_v2 ? v2_counterpart(key) : v1_counterpart(key);
  Error error{Code::not_found, ENOENT, "there is no '" + std::string(key) + "' in " + directory, {}, {}, std::nullopt, {}};
  error.hint = other.empty() ? "`ls " + directory + "` shows what there is"
                             : "this is cgroup " + std::string(hierarchy.is_v2 ? "v2" : "v1") + ", where its counterpart is " + other;
  return error;
}

}  // namespace

Result<void> Cgroups::apply_limits(const std::string& path, const ContainerConfig& config, bool devices) {
  LXCX_CHECK(check_group_path(path));
  const Hierarchy* v2 = v2_of(hierarchies_);
  const bool has_v1 = layout_ == CgroupLayout::v1 || layout_ == CgroupLayout::hybrid;

  // memory.memsw must not be below memory.limit, whatever their order in the file: it is written last.
  for (const bool is_last : {false, true}) {
    for (const Setting& setting : config.cgroup_v1) {
      if (is_device_key(setting.key) != devices || (setting.key == swap_limit) != is_last) continue;
      if (has_v1) {
        LXCX_CHECK(at_setting(apply_v1(*kernel_, *log_, hierarchies_, path, setting), setting, "lxc.cgroup."));
      } else {
        warn_ignored(*log_, setting, "lxc.cgroup.", "this machine has no v1 cgroups; lxc.cgroup2.* is for v2",
                     mentions_controller(config.cgroup_v2, controller_of(setting.key)));
      }
    }
  }

  std::vector<DeviceChange> changes;
  for (const Setting& setting : config.cgroup_v2) {
    if (is_device_key(setting.key) != devices) continue;
    const std::string controller = controller_of(setting.key);
    const bool is_served =
        v2 && (is_device_change(setting.key) ? !v1_of(hierarchies_, "devices") : controller == "cgroup" || has_controller(*v2, controller));
    // On pure v2 a controller that is missing is an error, on hybrid it is elsewhere.
    if (!is_served && layout_ != CgroupLayout::v2) {
      warn_ignored(*log_, setting, "lxc.cgroup2.", "the v2 hierarchy of this machine does not have the controller '" + controller + "'",
                   mentions_controller(config.cgroup_v1, controller));
    } else if (is_device_change(setting.key)) {
      LXCX_TRY(change, at_setting(parse_device_change(*kernel_, setting.key, setting.value), setting, "lxc.cgroup2."));
      changes.push_back(change);
    } else {
      LXCX_CHECK(at_setting(apply_v2(*kernel_, *v2, path, setting), setting, "lxc.cgroup2."));
    }
  }
  if (changes.empty()) return {};
  LXCX_TRY(group, kernel_->openat(AT_FDCWD, group_directory(*v2, path).c_str(), O_RDONLY | O_DIRECTORY));
  return doing(change_devices(*kernel_, group.get(), changes), "set lxc.cgroup2.devices");
}

Result<std::string> Cgroups::read(const std::string& path, std::string_view key) const {
  LXCX_CHECK(check_group_path(path));
  LXCX_CHECK(check_key(key));
  const Hierarchy* hierarchy = hierarchy_of(hierarchies_, key);
  if (!hierarchy) return fail(Code::not_found, "no cgroup hierarchy is mounted");
  const std::string directory = group_directory(*hierarchy, path);
  if (hierarchy->is_v2 && key == "devices.list") {
    LXCX_TRY(group, kernel_->openat(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY));
    return device_changes(*kernel_, group.get());
  }
  Result<std::string> text = read_file(*kernel_, AT_FDCWD, (directory + "/").append(key).c_str(), largest_cgroup_file);
  if (!text && text.error().sys_errno == ENOENT) return Failure(no_such_file(*hierarchy, directory, key));
  return text;
}

Result<void> Cgroups::write(const std::string& path, std::string_view key, std::string_view value) {
  LXCX_CHECK(check_group_path(path));
  LXCX_CHECK(check_key(key));
  const Hierarchy* hierarchy = hierarchy_of(hierarchies_, key);
  if (!hierarchy) return fail(Code::not_found, "no cgroup hierarchy is mounted");
  const std::string directory = group_directory(*hierarchy, path);
  if (!is_device_change(key)) {
    // The kernel hears nothing of a write of no bytes: an empty line is what empties cpuset.cpus, and what other files refuse.
    Result<void> written = write_existing_file(*kernel_, AT_FDCWD, (directory + "/").append(key).c_str(), value.empty() ? "\n" : value);
    if (!written && written.error().sys_errno == ENOENT) return Failure(no_such_file(*hierarchy, directory, key));
    return written;
  }
  LXCX_TRY(change, parse_device_change(*kernel_, key, value));
  if (!hierarchy->is_v2) return write_existing_file(*kernel_, AT_FDCWD, (directory + "/").append(key).c_str(), print_device_rule(change.rule));
  LXCX_TRY(group, kernel_->openat(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY));
  return change_live_device(*kernel_, group.get(), change);
}

}  // namespace lxcx::core
