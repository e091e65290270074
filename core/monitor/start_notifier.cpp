// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/start_notifier.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>

#include "core/monitor/program/notifier.hpp"

namespace lxcx::core {

namespace {
constexpr std::uint32_t source_awaited = 0, source_notify = 1;
}

struct StartNotifier::Parts {
  Request request;  // the notifier points into it
  UniqueFd epoll;
  monitor::Notifier notifier;
};

StartNotifier::StartNotifier(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
StartNotifier::StartNotifier(StartNotifier&&) noexcept = default;
StartNotifier& StartNotifier::operator=(StartNotifier&&) noexcept = default;
StartNotifier::~StartNotifier() = default;

Result<StartNotifier> StartNotifier::open(Log& log, Request request) {
  auto parts = std::make_unique<Parts>();
  parts->request = std::move(request);
  parts->epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!parts->epoll) return fail_errno(errno, "epoll_create1");
  monitor::NotifyOptions options;
  options.proxy = parts->request.proxy.c_str();
  options.cookie = parts->request.cookie.c_str();
  options.init = parts->request.init;
  const auto report = [](void* whom, const char* text) { static_cast<Log*>(whom)->error(text); };
  parts->notifier.open(options, parts->epoll.get(), source_notify, report, &log);
  return StartNotifier(std::move(parts));
}

Result<void> StartNotifier::add(Kernel& kernel, const UniqueFd& listener) {
  LXCX_TRY(own, kernel.dup(listener.get()));
  if (parts_->notifier.add(own.release()) == monitor::Notifier::Added::yes) return {};
  return fail(Code::unsupported, "the seccomp filter's listener cannot be served", "its notifications are of a form that this lxcx does not know");
}

Result<void> StartNotifier::serve_until_readable(int fd) {
  const int epoll = parts_->epoll.get();
  epoll_event awaited = {};
  awaited.events = EPOLLIN;
  awaited.data.u32 = source_awaited;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &awaited) != 0 && errno != EEXIST) return fail_errno(errno, "epoll_ctl");
  while (true) {
    std::array<epoll_event, 16> events{};
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), parts_->notifier.timeout_ms());
    if (count < 0 && errno != EINTR) return fail_errno(errno, "epoll_wait");
    // What is awaited goes first: once init has executed its program, its calls are for the monitor to answer.
    for (int i = 0; i < count; ++i)
      if (events[static_cast<std::size_t>(i)].data.u32 == source_awaited) return {};
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      parts_->notifier.on_event(event.data.u32 - source_notify, event.events);
    }
    parts_->notifier.expire();
  }
}

}  // namespace lxcx::core
