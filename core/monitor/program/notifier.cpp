// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/notifier.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "core/monitor/program/clock.hpp"
#include "core/monitor/program/text.hpp"

namespace lxcx::monitor {

using namespace core::notify;

namespace {

constexpr std::int64_t told_every_ms = 10000;
constexpr std::int64_t longest_shedding_ms = 100;

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

bool is_valid(int listener, std::uint64_t id) { return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0; }

bool control(int epoll, int operation, int fd, std::uint32_t events, std::uint32_t number) {
  epoll_event event = {};
  event.events = events;
  event.data.u32 = number;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

/// The names that matter here; strerror(3) would bring locales along.
void add_error(Text& text, int error) {
  switch (error) {
    case EPERM: return text.add("EPERM");
    case ENOENT: return text.add("ENOENT");
    case EAGAIN: return text.add("EAGAIN");
    case EACCES: return text.add("EACCES");
    case EINVAL: return text.add("EINVAL");
    case EMFILE: return text.add("EMFILE");
    case EPROTOTYPE: return text.add("EPROTOTYPE");
    case ECONNREFUSED: return text.add("ECONNREFUSED");
    default: text.add("errno ");
  }
  text.add(static_cast<std::uint64_t>(error));
}

/// Opens /proc/PID and its mem. What they name is checked afterwards: the pid may be another process by now (seccomp_unotify(2)).
bool open_target(std::uint32_t pid, int& directory, int& memory) {
  Text path;
  path.add("/proc/");
  path.add(std::uint64_t{pid});
  directory = ::open(path.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return false;
  memory = ::openat(directory, "mem", O_RDWR | O_CLOEXEC);
  return memory >= 0;
}

}  // namespace

Notifier::~Notifier() {
  for (Question& question : questions_) {
    if (question.is_open && question.listener >= 0) answer_default(listeners_[question.listener], question.id);
    close_fd(question.fd);
  }
  if (epoll_ < 0) return;
  for (int& listener : listeners_) close_fd(listener);
}

void Notifier::open(const NotifyOptions& options, int epoll, std::uint32_t first_event, Report report, void* whom) {
  options_ = options;
  epoll_ = epoll;
  first_event_ = first_event;
  report_ = report;
  whom_ = whom;
  for (int& listener : listeners_) listener = -1;
  constexpr std::size_t scheme = sizeof "unix:" - 1;
  const std::size_t length = std::strlen(options.proxy);
  if (length <= scheme || length - scheme >= sizeof address_.sun_path) return;
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, options.proxy + scheme, length - scheme);
  address_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length - scheme + 1);
  if (address_.sun_path[0] != '@') return;
  address_.sun_path[0] = '\0';  // unix(7): an abstract name is as long as the address says
  --address_size_;
}

Notifier::Added Notifier::add(int listener) {
  const auto refuse = [&](Added why) {
    close_fd(listener);
    return why;
  };
  if (sizes_.seccomp_notif == 0 && ::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes_) != 0) return refuse(Added::no_listener);
  // A listener says that it knows no call of the id 0 (ENOENT), any other descriptor that it has no such ioctl.
  std::uint64_t nothing = 0;
  if (!are_usable(sizes_) || (::ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &nothing) != 0 && errno != ENOENT)) return refuse(Added::no_listener);
  unsigned slot = 0;
  while (slot < max_listeners && listeners_[slot] >= 0) ++slot;
  if (slot == max_listeners) return refuse(Added::too_many);
  if (!control(epoll_, EPOLL_CTL_ADD, listener, is_paused_ ? 0 : std::uint32_t{EPOLLIN}, first_event_ + slot)) return refuse(Added::failed);
  listeners_[slot] = listener;
  return Added::yes;
}

bool Notifier::has_listeners() const {
  for (const int listener : listeners_) {
    if (listener >= 0) return true;
  }
  return false;
}

void Notifier::on_event(std::uint32_t number, std::uint32_t events) {
  if (number >= event_count) return;
  if (number >= max_listeners) {
    Question& question = questions_[number - max_listeners];
    if (question.fd >= 0) read_answer(question);
    return;
  }
  if (listeners_[number] < 0) return;
  if ((events & EPOLLIN) != 0) {
    has_calls_ = true;
    if (free_question() != nullptr) receive(number);
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    drop_listener(number);  // its last process has gone
  }
}

void Notifier::receive(unsigned slot) {
  alignas(std::uint64_t) std::uint8_t request[max_struct] = {};
  if (::ioctl(listeners_[slot], SECCOMP_IOCTL_NOTIF_RECV, request) == 0) return ask(slot, request);
  // ENOENT: a signal has ended the call, or its process, meanwhile. Anything else would come back at once, for ever.
  if (errno != ENOENT && errno != EINTR && errno != EAGAIN) drop_listener(slot);
}

void Notifier::ask(unsigned slot, const std::uint8_t* request) {
  seccomp_notif call = {};
  std::memcpy(&call, request, sizeof call);
  const int listener = listeners_[slot];
  Question& question = *free_question();
  const auto fail = [&](Cause cause) {
    tell(cause, errno);  // first: who sees the call fail finds the reason in the log
    answer_default(listener, call.id);
  };
  errno = 0;
  if (is_shedding_) return fail(Cause::no_answer);
  if (address_size_ == 0) return fail(Cause::no_proxy);
  const bool is_new = question.fd < 0;
  if (is_new && !connect(question)) return fail(Cause::unreachable);
  Target target;
  const bool is_found = open_target(call.pid, target.directory, target.memory);
  // Only now is it certain that these are the caller's: while its call waits, its pid is nobody else's.
  const int error = errno;
  if (!is_valid(listener, call.id)) {
    // nobody waits for an answer
  } else if (!is_found) {
    errno = error;
    fail(Cause::no_target);
  } else if (!send(question, target, listener, request) && (is_new || !send_anew(question, target, listener, request))) {
    fail(Cause::unreachable);
    disconnect(question);
  } else {
    question.is_open = true;
    question.listener = static_cast<int>(slot);
    question.id = call.id;
    question.deadline_ms = now_ms() + static_cast<std::int64_t>(options_.timeout_ms);
    watch_listeners();
  }
  close_fd(target.directory);
  close_fd(target.memory);
}

bool Notifier::send(Question& question, const Target& target, int listener, const std::uint8_t* request) {
  std::uint8_t bytes[max_message];
  const Header header{
      0, ::getpid(), options_.init, sizes_.seccomp_notif, sizes_.seccomp_notif_resp, sizes_.seccomp_data, ::strnlen(options_.cookie, max_cookie)};
  iovec data = {bytes, put_message(bytes, header, request, options_.cookie)};
  const int fds[] = {target.directory, target.memory, listener};
  alignas(cmsghdr) char rights[CMSG_SPACE(sizeof fds)] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = rights;
  message.msg_controllen = sizeof rights;
  cmsghdr* first = CMSG_FIRSTHDR(&message);
  first->cmsg_level = SOL_SOCKET;
  first->cmsg_type = SCM_RIGHTS;
  first->cmsg_len = CMSG_LEN(sizeof fds);
  std::memcpy(CMSG_DATA(first), fds, sizeof fds);
  return ::sendmsg(question.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(data.iov_len);
}

// A proxy that was started anew has left the old connection, which nobody may have looked at since.
bool Notifier::send_anew(Question& question, const Target& target, int listener, const std::uint8_t* request) {
  disconnect(question);
  return connect(question) && send(question, target, listener, request);
}

// Descriptors sent along are closed by the kernel: no room is given for them.
void Notifier::read_answer(Question& question) {
  std::uint8_t bytes[max_message];
  const ssize_t got = ::recv(question.fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (!question.is_open) return disconnect(question);  // it hung up, or speaks without being asked
  if (got <= 0) return give_up(question, Cause::gone, got < 0 ? errno : 0);
  seccomp_notif_resp response = {};
  if (!parse_answer(bytes, static_cast<std::size_t>(got), sizes_, question.id, response)) return give_up(question, Cause::bad_answer, 0);
  if (question.listener < 0) return close_question(question);
  alignas(std::uint64_t) std::uint8_t whole[max_struct] = {};
  std::memcpy(whole, &response, sizeof response);
  const bool is_taken = ::ioctl(listeners_[question.listener], SECCOMP_IOCTL_NOTIF_SEND, whole) == 0;
  // ENOENT: the call is over. EINPROGRESS: the proxy has answered through the listener itself.
  if (!is_taken && errno != ENOENT && errno != EINPROGRESS) return give_up(question, Cause::bad_answer, errno);
  close_question(question);
}

void Notifier::close_question(Question& question) {
  question.is_open = false;
  question.listener = -1;
  watch_listeners();
}

// The connection goes too: an answer that comes late must not be taken for another's.
void Notifier::give_up(Question& question, Cause cause, int error) {
  if (question.listener >= 0) {
    tell(cause, error);
    answer_default(listeners_[question.listener], question.id);
  }
  disconnect(question);
  close_question(question);
}

bool Notifier::connect(Question& question) {
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const auto number = first_event_ + max_listeners + static_cast<std::uint32_t>(&question - questions_);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address_), address_size_) != 0 ||
      !control(epoll_, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP, number)) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return false;
  }
  question.fd = fd;
  return true;
}

void Notifier::disconnect(Question& question) { close_fd(question.fd); }

void Notifier::answer_default(int listener, std::uint64_t id) {
  alignas(std::uint64_t) std::uint8_t whole[max_struct] = {};
  const seccomp_notif_resp response = default_answer(id);
  std::memcpy(whole, &response, sizeof response);
  (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, whole);
}

void Notifier::drop_listener(unsigned slot) {
  // epoll(7): a proxy may hold the same open file, which then stays in the set when this descriptor closes.
  control(epoll_, EPOLL_CTL_DEL, listeners_[slot], 0, 0);
  close_fd(listeners_[slot]);
  for (Question& question : questions_) {
    if (question.listener == static_cast<int>(slot)) question.listener = -1;
  }
}

Notifier::Question* Notifier::free_question() {
  Question* found = nullptr;
  for (Question& question : questions_) {
    if (question.is_open) continue;
    if (question.fd >= 0) return &question;
    if (found == nullptr) found = &question;
  }
  return found;
}

// Level-triggered: what cannot be asked now would be reported again and again.
void Notifier::watch_listeners() {
  const bool pauses = free_question() == nullptr;
  if (pauses == is_paused_) return;
  is_paused_ = pauses;
  for (unsigned slot = 0; slot < max_listeners; ++slot) {
    if (listeners_[slot] >= 0) control(epoll_, EPOLL_CTL_MOD, listeners_[slot], pauses ? 0 : std::uint32_t{EPOLLIN}, first_event_ + slot);
  }
}

int Notifier::timeout_ms() const {
  if (is_shedding_) return 0;
  std::int64_t deadline = -1;
  for (const Question& question : questions_) {
    if (question.is_open && (deadline < 0 || question.deadline_ms < deadline)) deadline = question.deadline_ms;
  }
  if (deadline < 0) return -1;
  const std::int64_t left = deadline - now_ms();
  return left > 0 ? static_cast<int>(left) : 0;
}

// What came while all questions were open has waited in the kernel for as long as the oldest of them at most: when that one's time is over, all that
// wait there fail with it, so that nobody waits for a second time-out. It ends when a look at the listeners finds none that has a call, or soon: who
// calls again and again must not keep the others from being asked about.
void Notifier::expire() {
  const std::int64_t now = now_ms();
  if (is_shedding_ && (!has_calls_ || now >= shed_until_ms_)) is_shedding_ = false;
  has_calls_ = false;
  const bool others_wait = is_paused_;
  for (Question& question : questions_) {
    if (!question.is_open || question.deadline_ms > now) continue;
    give_up(question, Cause::no_answer, 0);
    if (!others_wait || is_shedding_) continue;
    is_shedding_ = true;
    shed_until_ms_ = now + longest_shedding_ms;
  }
}

void Notifier::tell(Cause cause, int error) {
  constexpr const char* texts[] = {
      "there is no lxc.seccomp.notify.proxy to ask", "the proxy cannot be reached",      "the calling process cannot be looked into",
      "the proxy went away without an answer",       "the proxy did not answer in time", "the proxy's answer is none that the kernel takes"};
  static_assert(sizeof texts / sizeof texts[0] == static_cast<unsigned>(Cause::count));
  const auto which = static_cast<unsigned>(cause);
  const std::int64_t now = now_ms();
  if (report_ == nullptr || (told_ms_[which] != 0 && now - told_ms_[which] < told_every_ms)) return;
  told_ms_[which] = now;
  Text text;
  text.add("seccomp notify: ");
  text.add(texts[which]);
  if (*options_.proxy != '\0') text.add(": ");
  text.add(options_.proxy);
  if (error != 0) text.add(": ");
  if (error != 0) add_error(text, error);
  text.add("; the system call fails with ENOSYS");
  report_(whom_, text.bytes);
}

}  // namespace lxcx::monitor
