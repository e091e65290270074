// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/console.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "core/monitor/program/clock.hpp"

namespace lxcx::monitor {

namespace {

constexpr int moves_per_pump = 64;
constexpr int farewell_ms = 1000;
constexpr std::size_t farewell_bytes = 1024 * 1024;  // a pty holds far less; others may go on writing if they share init's pid namespace

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

void Input::open(int source) {
  fd = source;
  readable = false;
  begin = end = 0;
}

bool Console::open(const Options& options, int epoll) {
  epoll_ = epoll;
  master_ = options.console_master;
  if (master_ < 0) return true;
  log_.open(options);
  map_ring(options.console_buffer_size);
  set_nonblocking(master_);
  if (!watch(master_, source_master)) return false;
  terminal_.open(options.console_peer, options.foreground);
  if (terminal_.fd() < 0) return true;
  peer_.open(terminal_.fd(), ring_, chunk_, false);
  if (watch(terminal_.fd(), source_peer)) peer_input_.open(terminal_.fd());  // a regular file is written only
  if (options.foreground) resize_as_peer();
  return true;
}

void Console::map_ring(std::uint64_t size) {
  if (size == 0 || size > SIZE_MAX) return;
  const auto capacity = static_cast<std::size_t>(size);
  void* memory = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED) ring_ = RingBuffer(static_cast<std::uint8_t*>(memory), capacity);
}

bool Console::watch(int fd, Source source) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.u32 = source;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Console::on_event(Source source, std::uint32_t events) {
  const bool readable = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
  const bool writable = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  if (source == source_master) master_readable_ |= readable;
  if (source == source_peer) peer_input_.readable |= readable && peer_input_.fd >= 0;
  if (source == source_peer && writable) peer_.writable();
  if (source == source_client) client_input_.readable |= readable && client_input_.fd >= 0;
  if (source == source_client && writable) client_.writable();
}

bool Console::pump() {
  if (master_ < 0) return false;
  for (int moves = 0; moves < moves_per_pump; ++moves) {
    const bool peer_moved = forward(peer_input_);
    const bool client_moved = forward(client_input_);
    const bool output_moved = deliver() == Sink::State::done && read_chunk();
    if (!peer_moved && !client_moved && !output_moved) return false;
  }
  return true;
}

// What the master does not take now (its line is full, or nobody has the slave open) is kept until its next event.
bool Console::forward(Input& input) {
  if (input.begin < input.end) {
    const ssize_t written = ::write(master_, input.bytes + input.begin, input.end - input.begin);
    if (written <= 0) return false;
    input.begin += static_cast<std::size_t>(written);
    return true;
  }
  if (!input.readable) return false;
  const ssize_t got = ::read(input.fd, input.bytes, sizeof input.bytes);
  input.readable = got > 0;
  input.begin = 0;
  input.end = got > 0 ? static_cast<std::size_t>(got) : 0;
  return got > 0;
}

Sink::State Console::deliver() {
  const std::int64_t now = peer_.is_open() || client_.is_open() ? now_ms() : 0;
  const bool peer_done = flush(peer_, now);
  const bool client_done = flush(client_, now);
  return peer_done && client_done ? Sink::State::done : Sink::State::waiting;
}

bool Console::flush(Sink& sink, std::int64_t now) {
  const Sink::State state = sink.flush(ring_, chunk_, now);
  if (state == Sink::State::closed) close_reader(sink);
  return state != Sink::State::waiting;
}

void Console::close_reader(Sink& sink) {
  if (&sink == &client_) return disconnect_client();
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, peer_.fd(), nullptr);
  peer_input_.open(-1);
  peer_.close();
}

bool Console::read_chunk() {
  if (!master_readable_) return false;
  const ssize_t got = ::read(master_, chunk_.bytes, sizeof chunk_.bytes);
  if (got <= 0) {
    master_readable_ = got < 0 && errno == EINTR;
    return false;
  }
  chunk_.size = static_cast<std::size_t>(got);
  peer_.chunk_is_new(chunk_);
  client_.chunk_is_new(chunk_);
  ring_.append(chunk_.bytes, chunk_.size);
  log_.write(chunk_.bytes, chunk_.size);
  return true;
}

int Console::timeout_ms() const {
  std::int64_t deadline = peer_.deadline_ms();
  if (const std::int64_t other = client_.deadline_ms(); deadline < 0 || (other >= 0 && other < deadline)) deadline = other;
  if (deadline < 0) return -1;
  const std::int64_t left = deadline - now_ms();
  return left > 0 ? static_cast<int>(left) : 0;
}

void Console::finish() {
  if (master_ < 0) return;
  const std::int64_t end = now_ms() + farewell_ms;
  master_readable_ = true;
  for (std::size_t total = 0; now_ms() < end;) {
    peer_.writable();
    client_.writable();
    if (deliver() == Sink::State::waiting) {
      pollfd readers[] = {{peer_.fd(), POLLOUT, 0}, {client_.fd(), POLLOUT, 0}};
      ::poll(readers, 2, 10);
    } else if (total >= farewell_bytes || !read_chunk()) {
      break;
    } else {
      total += chunk_.size;
    }
  }
  log_.replace(ring_);
  terminal_.restore();
}

bool Console::connect_client(int fd) {
  if (!watch(fd, source_client)) return false;
  client_.open(fd, ring_, chunk_, true);
  client_input_.open(fd);
  return true;
}

void Console::disconnect_client() {
  if (!client_.is_open()) return;
  const int fd = client_.fd();
  client_.close();
  client_input_.open(-1);
  ::close(fd);  // also leaves epoll
}

void Console::resize(const winsize& size) {
  if (master_ >= 0) ::ioctl(master_, TIOCSWINSZ, &size);
}

void Console::resize_as_peer() {
  winsize size = {};
  if (terminal_.window_size(size)) resize(size);
}

}  // namespace lxcx::monitor
