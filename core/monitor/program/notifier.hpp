// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>

#include "core/monitor/notify_message.hpp"

namespace lxcx::monitor {

/// Whom to ask, and what to tell with each question. The strings stay where they are.
struct NotifyOptions {
  static constexpr std::uint64_t usual_timeout_ms = 30000;  // LXC's

  const char* proxy = "";  ///< unix:/PATH or unix:@NAME; empty: nobody
  const char* cookie = "";
  std::uint64_t timeout_ms = usual_timeout_ms;  ///< how long a proxy may take for one answer
  pid_t init = 0;
};

/// Answers seccomp's user notifications (seccomp_unotify(2)) by a proxy's word (docs/seccomp-notify.md).
///
/// Nothing here waits: listeners and connections are events of the owner's epoll, which hands them back through on_event(). One connection carries
/// one question at a time, as under LXC; calls that come meanwhile get a connection of their own, up to `max_questions`, and then stay in the
/// kernel's queue. What no proxy answers in time fails with ENOSYS, as all does whose listener is closed: no call hangs for ever.
class Notifier {
 public:
  static constexpr unsigned max_listeners = 64;
  static constexpr unsigned max_questions = 8;
  static constexpr unsigned event_count = max_listeners + max_questions;  ///< events are numbered from `first_event`

  using Report = void (*)(void* whom, const char* text);

  Notifier() = default;
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// `report` gets a line of text about calls that failed for want of an answer, at most one for each cause in ten seconds.
  void open(const NotifyOptions& options, int epoll, std::uint32_t first_event, Report report, void* whom);

  enum class Added {
    yes,
    too_many,
    no_listener,  ///< no descriptor of seccomp(2)'s, or a kernel whose structs do not fit
    failed,       ///< epoll refuses it
  };
  /// Owns the listener from then on, also when it does not take it.
  Added add(int listener);

  /// `number` counts from `first_event`.
  void on_event(std::uint32_t number, std::uint32_t events);
  /// Until when epoll may sleep, in milliseconds; -1: for ever.
  int timeout_ms() const;
  /// Gives up on questions whose time is over. To be called after the events of each look at epoll.
  void expire();
  bool has_listeners() const;

 private:
  enum class Cause {
    no_proxy,
    unreachable,
    no_target,
    gone,
    no_answer,
    bad_answer,
    count
  };
  struct Question {
    int fd = -1;
    bool is_open = false;  ///< an answer is awaited
    int listener = -1;     ///< slot; -1: whoever asked has gone
    std::uint64_t id = 0;
    std::int64_t deadline_ms = 0;
  };
  struct Target {
    int directory = -1, memory = -1;
  };

  void receive(unsigned slot);
  void ask(unsigned slot, const std::uint8_t* request);
  bool send(Question& question, const Target& target, int listener, const std::uint8_t* request);
  bool send_anew(Question& question, const Target& target, int listener, const std::uint8_t* request);
  void read_answer(Question& question);
  bool connect(Question& question);
  void disconnect(Question& question);
  void close_question(Question& question);
  void give_up(Question& question, Cause cause, int error);
  void answer_default(int listener, std::uint64_t id);
  void drop_listener(unsigned slot);
  void watch_listeners();
  Question* free_question();
  void tell(Cause cause, int error);

  NotifyOptions options_;
  int epoll_ = -1;
  std::uint32_t first_event_ = 0;
  Report report_ = nullptr;
  void* whom_ = nullptr;
  seccomp_notif_sizes sizes_ = {};
  sockaddr_un address_ = {};
  socklen_t address_size_ = 0;
  bool is_paused_ = false;    ///< no free question: listeners are not watched
  bool is_shedding_ = false;  ///< what waits is not asked about any more
  std::int64_t shed_until_ms_ = 0;
  bool has_calls_ = false;    ///< some listener had one since expire()
  int listeners_[max_listeners];
  Question questions_[max_questions];
  std::int64_t told_ms_[static_cast<unsigned>(Cause::count)] = {};
};

}  // namespace lxcx::monitor
