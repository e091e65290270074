// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/console_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdio>

namespace lxcx::monitor {

namespace {

std::uint64_t size_of(int fd) {
  struct stat status = {};
  return ::fstat(fd, &status) == 0 && status.st_size > 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool truncate_to_nothing(int fd) { return ::ftruncate(fd, 0) == 0; }

}  // namespace

void ConsoleLog::open(const Options& options) {
  fd_ = options.console_log;
  directory_ = options.console_log_directory;
  name_ = options.console_log_name;
  limit_ = options.console_log_size;
  rotates_ = options.console_rotate && directory_ >= 0 && name_ != nullptr;
  if (fd_ >= 0) size_ = size_of(fd_);
}

void ConsoleLog::write(const std::uint8_t* bytes, std::size_t size) {
  if (fd_ < 0) return;
  make_room(size);
  append(bytes, size);
}

void ConsoleLog::make_room(std::size_t size) {
  if (limit_ == 0 || size_ + size <= limit_) return;
  size_ = size_of(fd_);  // others may have cut it
  if (size_ == 0 || size_ + size <= limit_) return;
  if (rotates_ && rotate()) return;
  if (truncate_to_nothing(fd_)) size_ = 0;
}

bool ConsoleLog::rotate() {
  char old_name[NAME_MAX + 1];
  const std::size_t length = std::strlen(name_);
  if (length + 2 > NAME_MAX) return false;
  std::memcpy(old_name, name_, length);
  std::memcpy(old_name + length, ".1", 3);
  if (::renameat(directory_, name_, directory_, old_name) != 0) return false;
  const int fd = ::openat(directory_, name_, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  ::close(fd_);
  fd_ = fd;
  size_ = 0;
  return true;
}

void ConsoleLog::append(const std::uint8_t* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd_, bytes, size);
    if (written <= 0) return;
    bytes += written;
    size -= static_cast<std::size_t>(written);
    size_ += static_cast<std::uint64_t>(written);
  }
}

void ConsoleLog::replace(const RingBuffer& ring) {
  // What said nothing leaves what an earlier life wrote.
  if (fd_ < 0 || !ring.exists() || ring.begin() == ring.end() || !truncate_to_nothing(fd_)) return;
  for (std::uint64_t position = ring.begin(); position < ring.end();) {
    const RingBuffer::Piece piece = ring.piece(position, SIZE_MAX);
    append(piece.bytes, piece.size);
    position += piece.size;
  }
}

}  // namespace lxcx::monitor
