// SPDX-License-Identifier: Apache-2.0
#include "layers.hpp"

#include "storage-common/made_directory.hpp"

namespace lxcx::overlay {
namespace {

std::vector<std::string> split(std::string_view source) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < source.size(); ++i) {
    const char c = source[i];
    if (c == '\\' && i + 1 < source.size() && (source[i + 1] == ':' || source[i + 1] == '\\'))
      parts.back() += source[++i];
    else if (c == ':')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

std::string escaped(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (c == ':' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

std::string Layers::work() const { return upper.substr(0, upper.rfind('/')) + "/work"; }

Result<Layers> parse_layers(std::string_view source) {
  std::vector<std::string> parts = split(source);
  if (parts.size() < 2)
    return fail(Code::config, "overlay source '" + std::string(source) + "' has no upper layer",
                "write lxc.rootfs.path = overlay:LOWER[:LOWER2...]:UPPER; a colon in a path is written \\:");
  Layers layers;
  for (const std::string& part : parts) {
    LXCX_TRY(path, storage::clean_path(part, "overlay layer"));
    layers.lowers.push_back(std::move(path));
  }
  layers.upper = std::move(layers.lowers.back());
  layers.lowers.pop_back();
  if (layers.upper == "/") return fail(Code::config, "'/' cannot be an upper layer", "name a directory of the container's own");
  if (layers.upper == layers.work())
    return fail(Code::config, "the upper layer '" + layers.upper + "' stands where overlayfs' work directory goes", "give it another name than work");
  return layers;
}

std::string print_layers(const Layers& layers) {
  std::string source;
  for (const std::string& lower : layers.lowers) source += escaped(lower) + ":";
  return source + escaped(layers.upper);
}

}  // namespace lxcx::overlay
