// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/loader.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>

#include "core/plugin/elf.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view fd_directory = "/proc/self/fd/";

std::string path_of(int fd) { return std::string(fd_directory) + std::to_string(fd); }

Result<void> check_header(Kernel& kernel, int fd, std::uint64_t size, const std::string& path) {
  std::string head;
  std::string buffer(4096, '\0');
  while (head.size() < elf_head_size) {
    LXCX_TRY(got, kernel.read(fd, buffer.data(), buffer.size()));
    if (got == 0) break;
    head.append(buffer, 0, got);
    // The program headers of nearly every library are within the first block.
    if (check_elf(head, size, path)) return {};
  }
  return check_elf(head, size, path);
}

/// The names of all loaded objects that were loaded through an fd.
std::vector<std::string> loaded_names() {
  std::vector<std::string> names;
  const auto collect = [](dl_phdr_info* info, std::size_t, void* to) {
    if (info->dlpi_name != nullptr && std::string_view(info->dlpi_name).starts_with(fd_directory))
      static_cast<std::vector<std::string>*>(to)->emplace_back(info->dlpi_name);
    return 0;
  };
  ::dl_iterate_phdr(collect, &names);
  return names;
}

/// The dynamic linker takes an object for loaded when its *name* is one it has seen. A library is therefore loaded under a name that no other
/// has: its fd stays open for ever, as the library does, and if a caller has closed such an fd its number is skipped. A file that is loaded
/// already is found by its inode, and its first name used again.
Result<std::string> name_for(Kernel& kernel, UniqueFd& file) {
  LXCX_TRY(wanted, kernel.fstat(file.get()));
  const std::vector<std::string> names = loaded_names();
  const auto is_taken = [&](int fd) { return std::find(names.begin(), names.end(), path_of(fd)) != names.end(); };
  for (const std::string& name : names) {
    const Result<struct stat> loaded = kernel.fstatat(AT_FDCWD, name.c_str(), 0);
    if (name != path_of(file.get()) && loaded && loaded->st_dev == wanted.st_dev && loaded->st_ino == wanted.st_ino) return name;
  }
  while (is_taken(file.get())) {
    LXCX_TRY(other, kernel.fcntl(file.get(), F_DUPFD_CLOEXEC, file.get() + 1));
    file.reset(other);
  }
  return path_of(file.release());
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

/// Boost says "boost::dll::shared_library::load() failed (dlerror system message: CAUSE): Bad file descriptor".
std::string cause_of(const std::string& what, const std::string& name, const std::string& path) {
  constexpr std::string_view begin = "system message: ";
  const std::size_t start = what.find(begin);
  const std::size_t end = what.rfind("): ");
  if (start == std::string::npos || end == std::string::npos) return replace_all(what, name, path);
  const std::size_t from = start + begin.size();
  return replace_all(what.substr(from, end - from), name, path);
}

std::string hint_for(const std::string& cause) {
  if (cause.find("undefined symbol") != std::string::npos)
    return "it was built against something this machine lacks: rebuild it here, linked with -Wl,-z,defs";
  if (cause.find("cannot open shared object file") != std::string::npos) return "install the library it needs (`ldd` lists them)";
  if (cause.find("version `") != std::string::npos) return "it was built on a newer system: rebuild it here";
  if (cause.find("failed to map segment") != std::string::npos) return "its file system may be mounted noexec";
  return "`lxcx-plugin-check` says more about it";
}

}  // namespace

Result<const lxcx_plugin_descriptor*> load_library(Kernel& kernel, UniqueFd file, const std::string& path) {
  LXCX_TRY(status, kernel.fstat(file.get()));
  LXCX_CHECK(check_header(kernel, file.get(), static_cast<std::uint64_t>(status.st_size), path));
  LXCX_TRY(name, name_for(kernel, file));
  try {
    namespace dll = boost::dll;
    // NODELETE, so that this object's destructor unloads nothing. The overload with an error_code would lose dlerror()'s text.
    const auto mode =
        static_cast<dll::load_mode::type>(static_cast<int>(dll::load_mode::rtld_now) | static_cast<int>(dll::load_mode::rtld_local) | RTLD_NODELETE);
    const dll::shared_library library(boost::filesystem::path(name), mode);
    if (!library.has("lxcx_plugin")) {
      return fail(Code::plugin, "library '" + path + "' is no lxcx plugin: it does not export 'lxcx_plugin'",
                  "end its source with LXCX_PLUGIN(…), or define `const lxcx_plugin_descriptor lxcx_plugin` and export it");
    }
    return &library.get<const lxcx_plugin_descriptor>("lxcx_plugin");
  } catch (const std::exception& e) {
    const std::string cause = cause_of(e.what(), name, path);
    return fail(Code::plugin, "library '" + path + "' cannot be loaded: " + cause, hint_for(cause));
  }
}

}  // namespace lxcx::core
