// SPDX-License-Identifier: Apache-2.0
#include "metadata.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <sstream>

#include "storage-common/os_error.hpp"
#include "storage-common/tree.hpp"
#include "template-common/rootfs.hpp"

namespace lxcx::local {
namespace {

constexpr std::size_t largest_member = 1 << 20;
constexpr std::uint64_t largest_unpacked_file = 16 << 20;
constexpr const char* compatibility = ".5";

}  // namespace

Result<Metadata> Metadata::unpack(Call& call, const Archive& archive, std::string mode) {
  const char* tmp = std::getenv("TMPDIR");
  std::string path = std::string(tmp != nullptr && *tmp == '/' ? tmp : "/tmp") + "/lxcx-metadata-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    return os_error(errno, "cannot make a temporary directory '" + path + "'", "set TMPDIR to where there is room");
  LXCX_TRY(metadata, open(path, std::move(mode)));
  LXCX_CHECK(local::unpack(call, archive, {path, {}, false, {}, largest_unpacked_file}));
  return metadata;
}

Result<Metadata> Metadata::open(const std::string& path, std::string mode) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return os_error(errno, "cannot open '" + path + "'");
  return Metadata(path, std::move(fd), std::move(mode));
}

Metadata::~Metadata() {
  if (!fd_) return;  // moved from
  const auto slash = path_.rfind('/');
  const Fd parent(::open(path_.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  // A failure leaves a directory among the temporary ones, and there is nobody to tell.
  if (parent) static_cast<void>(storage::remove_tree(parent.get(), path_.substr(slash + 1), path_));
}

Result<std::optional<std::string>> Metadata::member(const std::string& name) const {
  std::string chosen = name;
  for (const std::string& suffix : {"-" + mode_, std::string(compatibility)})
    if (::faccessat(fd_.get(), (chosen + suffix).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) chosen += suffix;
  const std::string quoted = "the metadata's '" + chosen + "'";
  const Fd file(::openat(fd_.get(), chosen.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) return os_error(errno, "cannot open " + quoted, errno == ELOOP ? "it is a link, and may not be" : "");
  struct stat status{};
  if (::fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode))
    return fail(Code::plugin, quoted + " is not a regular file", "the image is broken, or hostile: use another");
  Result<std::string> text = templates::read_all(file.get(), largest_member);
  if (!text) return doing<std::optional<std::string>>(std::unexpected(std::move(text).error()), "read " + quoted);
  if (text->find('\0') != std::string::npos) return fail(Code::plugin, quoted + " is not text", "the image is broken; use another");
  return std::move(*text);
}

Result<std::vector<std::string>> Metadata::lines(const std::string& name) const {
  LXCX_TRY(text, member(name));
  std::vector<std::string> lines;
  std::istringstream stream(text.value_or(""));
  for (std::string line; std::getline(stream, line);) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.pop_back();
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

}  // namespace lxcx::local
