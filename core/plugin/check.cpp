// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/check.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <optional>

#include "core/base/error_frame.hpp"
#include "core/kernel/files.hpp"
#include "core/plugin/agreement.hpp"
#include "core/plugin/loader.hpp"
#include "core/plugin/manifest.hpp"

namespace lxcx::core {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t report_limit = 64 * 1024;

Result<std::optional<Manifest>> manifest_of(Kernel& kernel, const Trust& trust, const fs::path& library) {
  const std::string file_name = library.stem().string() + ".json";
  const fs::path directory = library.parent_path();
  for (const fs::path& path : {directory.parent_path() / (directory.filename().string() + ".d") / file_name, directory / file_name}) {
    Result<UniqueFd> fd = trust.open_path(path.string());
    if (!fd && fd.error().sys_errno != 0) continue;
    if (!fd) return std::unexpected(std::move(fd).error());
    LXCX_TRY(text, read_all(kernel, fd->get(), 256 * 1024));
    LXCX_TRY(manifest, parse_manifest(text, path.string()));
    manifest.library_path = library.string();
    return std::optional(std::move(manifest));
  }
  return std::optional<Manifest>();
}

Result<std::string> load_and_compare(Kernel& kernel, const Trust& trust, const std::string& path, const std::optional<Manifest>& manifest) {
  LXCX_TRY(file, trust.open_path(path));
  LXCX_TRY(descriptor, load_library(kernel, std::move(file), path));
  LXCX_CHECK(check_descriptor(*descriptor, path));
  if (manifest) LXCX_CHECK(check_agreement(*manifest, *descriptor));
  return std::string(descriptor->kind) + " plugin '" + descriptor->name + "' " + descriptor->version + ", plugin interface " +
         std::to_string(descriptor->abi_major) + "." + std::to_string(descriptor->abi_minor) + "\n" + descriptor->summary + "\n" +
         (manifest ? "agrees with its manifest '" + manifest->path + "'\n" : "has no manifest beside it\n");
}

/// A caller's own handlers are for its own crashes, not for the library's.
void drop_signal_handlers() {
  for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTERM}) (void)::signal(signal, SIG_DFL);
}

/// In the child: one byte of verdict, then the text or the packed error.
[[noreturn]] void report_and_exit(Kernel& kernel, int fd, const Result<std::string>& verdict) {
  (void)write_all(kernel, fd, verdict ? "+" + *verdict : "-" + pack_error(verdict.error()));
  ::_exit(0);
}

}  // namespace

Result<std::string> check_library(Kernel& kernel, const Trust& trust, const std::string& path) {
  const fs::path absolute = fs::absolute(path);
  LXCX_TRY(manifest, manifest_of(kernel, trust, absolute));
  if (manifest) LXCX_CHECK(check_abi(*manifest));
  LXCX_TRY(ends, kernel.pipe2(O_CLOEXEC));
  LXCX_TRY(pid, kernel.fork());
  if (pid == 0) drop_signal_handlers();
  if (pid == 0) report_and_exit(kernel, ends.second.get(), load_and_compare(kernel, trust, absolute.string(), manifest));
  ends.second.reset();
  const Result<std::string> report = read_all(kernel, ends.first.get(), report_limit);
  LXCX_TRY(status, kernel.wait_pid(pid));
  if (report && report->starts_with('+')) return report->substr(1);
  if (report && report->starts_with('-')) return std::unexpected(unpack_error(std::string_view(*report).substr(1)));
  const std::string how = status.signalled
                              ? std::string("was ended by signal ") + std::to_string(status.value) + " (" + ::strsignal(status.value) + ")"
                              : "exited with status " + std::to_string(status.value);
  return fail(Code::plugin, "library '" + path + "': the process that loaded it " + how,
              "a constructor of the library does that; it would take lxcx with it");
}

}  // namespace lxcx::core
