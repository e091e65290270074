// SPDX-License-Identifier: Apache-2.0
// An image's metadata archive, unpacked for as long as the build takes.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "archive.hpp"
#include "lxcx/call.hpp"
#include "lxcx/fd.hpp"

namespace lxcx::local {

class Metadata {
 public:
  /// `mode` is "system" or "user": which variants of the members count.
  static Result<Metadata> unpack(Call& call, const Archive& archive, std::string mode);
  /// Of what an archive was unpacked to already. The directory is removed with this object.
  static Result<Metadata> open(const std::string& path, std::string mode);
  Metadata(Metadata&&) noexcept = default;
  ~Metadata();

  /// A member's text. Of NAME, NAME-MODE stands in for it when it exists, and then that with `.5` appended (images carry variants for
  /// what a template of that compatibility level understands). Nothing when there is no such member. Members are opened without following links,
  /// must be regular files, and may have a mebibyte.
  Result<std::optional<std::string>> member(const std::string& name) const;
  /// Its lines, without empty ones and comments.
  Result<std::vector<std::string>> lines(const std::string& name) const;

 private:
  Metadata(std::string path, Fd fd, std::string mode) : path_(std::move(path)), fd_(std::move(fd)), mode_(std::move(mode)) {}
  std::string path_;
  Fd fd_;
  std::string mode_;
};

}  // namespace lxcx::local
