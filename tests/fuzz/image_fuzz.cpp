// SPDX-License-Identifier: Apache-2.0
// An image as template-local gets it: any bytes as an archive, and any files, links, directories and FIFOs as what its metadata unpacked to. The
// archive's compression is told or refused; a member is the text of a regular file of the image, or refused; its lines pass or are refused.
//
// Everything up to the first line that begins with '=' is the archive. Such a line, `=KIND NAME`, begins a member: f a file, l a link, d a
// directory, p a FIFO; what follows is its content, or the link's target. An input of odd size is read as for a user's container.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/template-local/archive.hpp"
#include "plugins/template-local/image_config.hpp"
#include "plugins/template-local/metadata.hpp"
#include "plugins/template-local/placeholders.hpp"

namespace {

using namespace lxcx;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
void check_refusal(const Result<T>& read) {
  if (!read) require(!read.error().message.empty());
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Of this process, on tmpfs; with a file that only a link of an image leads to.
class Scratch {
 public:
  Scratch() {
    require(::mkdtemp(path_.data()) != nullptr);
    write_file(path_ + "/outside", "outside\n");
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_ = "/dev/shm/lxcx-fuzz.XXXXXX";
};

/// The archive, and what the metadata unpacked to. Whoever reads the metadata removes that.
class Image {
 public:
  Image(const Scratch& scratch, std::string_view input) : archive_(scratch / "archive"), metadata_(scratch / "metadata") {
    require(::mkdir(metadata_.c_str(), 0700) == 0);
    std::size_t member = input.starts_with('=') ? 0 : after_line_end(input, input.find("\n="));
    write_file(archive_, input.substr(0, member));
    while (member < input.size()) {
      const std::size_t next = after_line_end(input, input.find("\n=", member));
      add(input.substr(member, next - member));
      member = next;
    }
  }

  const std::string& archive() const { return archive_; }
  const std::string& metadata() const { return metadata_; }
  /// One of the regular files, whole.
  bool has_text(std::string_view text) const {
    return std::ranges::any_of(files_, [&](const auto& file) { return file.second == text; });
  }

 private:
  static std::size_t after_line_end(std::string_view input, std::size_t at) { return at == input.npos ? input.size() : at + 1; }

  /// `=KIND NAME`, then the content.
  void add(std::string_view member) {
    const std::size_t end = std::min(member.find('\n'), member.size());
    if (end < 4) return;
    const std::string name(member.substr(3, end - 3));
    const std::string content(member.substr(std::min(end + 1, member.size())));
    if (name.size() > 200 || name.find_first_of(std::string_view("/\0", 2)) != name.npos || name == "." || name == ".." ||
        !names_.insert(name).second)
      return;
    const std::string path = metadata_ + "/" + name;
    switch (member[1]) {
      case 'l': (void)!::symlink(content.substr(0, content.find('\n')).c_str(), path.c_str()); return;
      case 'd': require(::mkdir(path.c_str(), 0700) == 0); return;
      case 'p': require(::mkfifo(path.c_str(), 0600) == 0); return;
      default: break;
    }
    write_file(path, content);
    files_[name] = content;
  }

  std::string archive_, metadata_;
  std::set<std::string> names_;
  std::map<std::string, std::string> files_;
};

void check_archive(const Image& image) {
  const Result<local::Archive> archive = local::open_archive(image.archive());
  check_refusal(archive);
  if (archive) require(archive->decompress.empty() || archive->decompress.starts_with("--"));
}

void check_line(const std::string& line, const local::Placeholders& placeholders) {
  require(!line.empty() && line[0] != '#' && line[0] != ' ' && line[0] != '\t' && line.find('\n') == line.npos);
  require(line.back() != ' ' && line.back() != '\t' && line.back() != '\r');
  const std::string replaced = placeholders.replace(line);
  check_refusal(local::check_config_line(replaced));
  check_refusal(local::check_mount_line(replaced));
}

void check_metadata(const Image& image, const local::Metadata& metadata) {
  const Build build{"web", "/var/lib/lxc/web", "/var/lib/lxc/web/rootfs", "/var/lib/lxc/web/config", {}, {}};
  const local::Placeholders placeholders(build);
  for (const char* name : {"config", "fstab", "templates", "excludes", "expiry", "create-message"}) {
    const Result<std::optional<std::string>> text = metadata.member(name);
    check_refusal(text);
    if (text && *text) require((*text)->find('\0') == std::string::npos && image.has_text(**text));
    const Result<std::vector<std::string>> lines = metadata.lines(name);
    require(lines.has_value() == text.has_value());
    if (!lines) continue;
    for (const std::string& line : *lines) check_line(line, placeholders);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static const Scratch scratch;
  const Image image(scratch, input);
  check_archive(image);
  const Result<local::Metadata> metadata = local::Metadata::open(image.metadata(), size % 2 == 0 ? "system" : "user");
  require(metadata.has_value());
  check_metadata(image, *metadata);
  return 0;
}
