// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/usernet.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>

#include "lxcx/fd.hpp"

namespace lxcx::net::service {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;
constexpr std::string_view blanks = " \t\r\v\f";

/// The blank-separated words of a line; no more than five, which is one too many.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(blanks); at != line.npos && words.size() < 5; at = line.find_first_not_of(blanks, at)) {
    const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::optional<UsernetLine> parse_line(const std::vector<std::string_view>& words) {
  if (words.size() != 4 || words[0] == "@") return std::nullopt;
  UsernetLine line{std::string(words[0]), std::string(words[1]), std::string(words[2]), 0};
  const std::string_view number = words[3];
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), line.count);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  return line;
}

bool is_for(const UsernetLine& line, const User& user) {
  if (line.who == user.name) return true;
  return line.who.starts_with('@') && std::ranges::find(user.groups, line.who.substr(1)) != user.groups.end();
}

Result<std::string> read_all(int fd, const std::string& path) {
  std::string text;
  std::array<char, 4096> chunk{};
  while (text.size() < largest_file) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0) return fail_errno(errno, "read '" + path + "'");
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return fail(Code::config, "'" + path + "' is larger than 1 MiB", "a line for a group stands for many");
}

}  // namespace

Usernet parse_usernet(std::string_view text) {
  Usernet usernet;
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::vector<std::string_view> words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty() || words[0].starts_with('#')) continue;
    if (std::optional<UsernetLine> line = parse_line(words))
      usernet.lines.push_back(*std::move(line));
    else
      usernet.malformed.push_back(number);
  }
  return usernet;
}

unsigned allowance(const Usernet& usernet, const User& user, std::string_view bridge) {
  constexpr unsigned most = std::numeric_limits<unsigned>::max();
  const std::string_view wanted = bridge.empty() ? "none" : bridge;
  unsigned sum = 0;
  for (const UsernetLine& line : usernet.lines)
    if (line.type == "veth" && line.bridge == wanted && is_for(line, user)) sum = line.count > most - sum ? most : sum + line.count;
  return sum;
}

Result<Usernet> read_usernet(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file && errno == ENOENT) return Usernet{};
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0)
    return fail_errno(errno, "open '" + path + "'", "the service must be able to read it: chmod 644 " + path);
  if (!S_ISREG(status.st_mode)) return fail(Code::config, "'" + path + "' is no file", "make it one, of lines such as: alice veth lxcbr0 10");
  if (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(Code::denied, "others than root can write to '" + path + "'", "chown root " + path + " && chmod 644 " + path);
  LXCX_TRY(text, read_all(file.get(), path));
  return parse_usernet(text);
}

}  // namespace lxcx::net::service
