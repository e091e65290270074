// SPDX-License-Identifier: Apache-2.0
#include "core/doctor/kernel_config.hpp"

#include <fcntl.h>
#include <sys/utsname.h>
#include <zlib.h>

#include <array>
#include <memory>
#include <vector>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t largest = std::size_t{16} << 20;

struct EndInflate {
  void operator()(z_stream* stream) const { ::inflateEnd(stream); }
};

}  // namespace

Result<std::string> gunzip(std::string_view bytes) {
  if (!bytes.starts_with("\x1f\x8b")) return std::string(bytes);
  z_stream stream{};
  constexpr int gzip_alone = 16 + MAX_WBITS;
  if (::inflateInit2(&stream, gzip_alone) != Z_OK) return fail(Code::internal, "zlib cannot be set up");
  const std::unique_ptr<z_stream, EndInflate> end(&stream);
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::array<char, 65536> part{};
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = part.size();
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    text.append(part.data(), part.size() - stream.avail_out);
    if (result == Z_STREAM_END) return text;
    if (result != Z_OK || text.size() > largest) return fail(Code::config, "the gzip file is damaged, or too large");
  }
}

bool KernelConfig::has(std::string_view option) const {
  for (const char* value : {"=y", "=m"}) {
    const std::string line = std::string(option) + value;
    if (text.starts_with(line + "\n") || text.find("\n" + line + "\n") != std::string::npos) return true;
  }
  return false;
}

Result<KernelConfig> find_kernel_config(Kernel& kernel, const std::string& wanted) {
  utsname name{};
  ::uname(&name);
  const std::string release = name.release;
  const std::vector<std::string> places{wanted.empty() ? "/proc/config.gz" : wanted, "/boot/config-" + release,
                                        "/lib/modules/" + release + "/build/.config"};
  for (const std::string& place : places) {
    Result<std::string> bytes = read_file(kernel, AT_FDCWD, place.c_str(), largest);
    if (!bytes && bytes.error().sys_errno == ENOENT) continue;
    if (!bytes) return std::unexpected(std::move(bytes).error());
    LXCX_TRY(text, doing(gunzip(*bytes), "read '" + place + "'"));
    return KernelConfig{place, std::move(text)};
  }
  return fail(Code::not_found, "the configuration of this kernel is nowhere: " + join(places, ", "),
              "`modprobe configs` may bring /proc/config.gz; or name a file: CONFIG=FILE lxcx checkconfig");
}

}  // namespace lxcx::core
