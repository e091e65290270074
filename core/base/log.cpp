// SPDX-License-Identifier: Apache-2.0
#include "core/base/log.hpp"

#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <syslog.h>

#include <array>
#include <cerrno>
#include <memory>
#include <mutex>

#include "core/base/text.hpp"
#include "core/base/unique_fd.hpp"

namespace lxcx::core {

namespace {

constexpr std::array<std::string_view, 9> names{"TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "ERROR", "CRIT", "ALERT", "FATAL"};

class NoLog final : public Log {
 public:
  void write(Level, std::string_view) override {}
  bool wants(Level) const override { return false; }
};

/// spdlog has six levels and LXC nine; the text carries the name, spdlog only carries the line.
spdlog::level::level_enum carrier(Level level) {
  constexpr std::array map{spdlog::level::trace, spdlog::level::debug, spdlog::level::info};
  if (level <= Level::info) return map[static_cast<std::size_t>(level)];
  if (level == Level::notice) return spdlog::level::info;
  if (level == Level::warn) return spdlog::level::warn;
  return level == Level::error ? spdlog::level::err : spdlog::level::critical;
}

/// Appends whole lines to a file with one write(2) each, so that several processes may share it.
class AppendSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit AppendSink(UniqueFd fd) : fd_(std::move(fd)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    while (::write(fd_.get(), line.data(), line.size()) < 0 && errno == EINTR) {
    }
  }
  void flush_() override {}

 private:
  UniqueFd fd_;
};

/// A message from inside a container may hold anything; a terminal and a line-oriented file get printable text.
std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      safe += c;
    } else {
      constexpr char digits[] = "0123456789abcdef";
      safe += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return safe;
}

/// The pattern's text: a '%' in a name would be a flag.
std::string literal(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '%' ? std::string("%%") : std::string(1, c);
  return escaped;
}

using Logger = std::shared_ptr<spdlog::logger>;

/// The directories above a log file, as LXC makes them. What fails is found by who opens the file.
void make_directories_above(const std::string& file) {
  for (std::size_t slash = file.find('/', 1); slash != std::string::npos; slash = file.find('/', slash + 1))
    ::mkdir(file.substr(0, slash).c_str(), 0755);
}

std::unique_ptr<spdlog::formatter> layout(std::string_view program, std::string_view container) {
  const std::string name = container.empty() ? "" : " " + literal(container);
  return std::make_unique<spdlog::pattern_formatter>(literal(program) + name + " %Y%m%d%H%M%S.%e %v", spdlog::pattern_time_type::utc);
}

Result<Logger> open_file(const std::string& path, std::string_view program, std::string_view container, int more_flags = 0) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | more_flags, 0640));
  if (!fd) return fail_errno(errno, "open the log file '" + path + "'", "name a file in a directory that exists, or 'none'");
  auto file = std::make_shared<spdlog::logger>("file", std::make_shared<AppendSink>(std::move(fd)));
  file->set_level(spdlog::level::trace);
  file->set_formatter(layout(program, container));
  return file;
}

Logger open_syslog(std::string_view name) {
  constexpr int locals[] = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3, LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
  const int facility = name.starts_with("local") ? locals[(name.back() - '0') & 7] : LOG_DAEMON;
  auto logger = std::make_shared<spdlog::logger>("syslog", std::make_shared<spdlog::sinks::syslog_sink_mt>("lxcx", LOG_PID, facility, false));
  logger->set_level(spdlog::level::trace);
  return logger;
}

bool names_file(std::string_view file) { return !file.empty() && file != "none"; }

/// ContainerLog::fallback, and its file once there was something to say.
struct Fallback {
  explicit Fallback(const ContainerLog& wish) : path(wish.fallback), defined_by(wish.defined_by) {}

  std::string path, defined_by;
  std::once_flag opened;
  Logger file;
};

class SpdLog final : public Log {
 public:
  SpdLog(LogOptions options, Logger file) : options_(std::move(options)), file_(std::move(file)), is_fixed_(file_ != nullptr) {}

  void write(Level level, std::string_view text) override {
    if (!wants(level)) return;
    const std::string safe = printable(text);
    if (is_kept(level)) keep(level, safe);
    if (shows(level)) write_stderr(level, safe);
  }
  bool wants(Level level) const override { return is_kept(level) || shows(level); }
  bool shows(Level level) const override { return !options_.quiet && level >= options_.stderr_level; }
  void show(Level level, std::string_view text) override {
    if (shows(level)) write_stderr(level, printable(text));
  }
  void record(Level level, std::string_view text) override {
    if (is_kept(level)) keep(level, printable(text));
  }
  Result<void> follow(const ContainerLog& wish) override {
    wished_ = wish;
    syslog_ = nullptr;  // first, as its end is closelog(3)
    if (!wish.facility.empty()) syslog_ = open_syslog(wish.facility);
    if (is_fixed_) {
      if (options_.container.empty()) file_->set_formatter(layout(options_.program, wish.container));
      return {};
    }
    file_ = nullptr;
    fallback_ = nullptr;
    const bool is_free = options_.file.empty() && wish.file.empty() && wish.facility.empty();
    if (is_free && !wish.fallback.empty()) fallback_ = std::make_unique<Fallback>(wish);
    if (!names_file(wish.file)) return {};
    make_directories_above(wish.file);
    LXCX_TRY(file, open_file(wish.file, options_.program, wish.container));
    file_ = std::move(file);
    return {};
  }

 private:
  bool is_kept(Level level) const {
    const Level otherwise = fallback_ ? Level::warn : Level::error;
    return (file_ || syslog_ || fallback_) && level >= options_.file_level.value_or(wished_.level.value_or(otherwise));
  }
  void keep(Level level, const std::string& safe) const {
    const Logger& file = fallback_ ? fallback_file() : file_;
    if (file) file->log(carrier(level), "{:<8} {}", level_name(level), safe);
    if (syslog_) syslog_->log(carrier(level), "{}: {}", wished_.container, safe);
  }
  const Logger& fallback_file() const {
    std::call_once(fallback_->opened, [this] {
      if (::access(fallback_->defined_by.c_str(), F_OK) != 0) return;
      make_directories_above(fallback_->path);
      if (Result<Logger> file = open_file(fallback_->path, options_.program, wished_.container, O_NOFOLLOW)) fallback_->file = std::move(*file);
    });
    return fallback_->file;
  }
  void write_stderr(Level level, const std::string& text) const {
    const std::string_view kind = level == Level::warn ? "warning: " : level < Level::warn ? "" : "error: ";
    const std::string line = options_.program + ": " + std::string(kind) + text + "\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  }

  LogOptions options_;
  ContainerLog wished_;
  Logger file_;
  Logger syslog_;
  std::unique_ptr<Fallback> fallback_;
  bool is_fixed_;  ///< the command line named the file
};

}  // namespace

Log& Log::none() {
  static NoLog log;
  return log;
}

Result<Level> parse_level(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (equal_ignoring_case(text, names[i]) || (text.size() == 1 && text[0] == static_cast<char>('0' + i))) return static_cast<Level>(i);
  return fail(Code::usage, "'" + std::string(text) + "' is no log level", "use TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL, or 0 to 8");
}

std::string_view level_name(Level level) { return level == Level::notset ? "NOTSET" : names[static_cast<std::size_t>(level)]; }

Result<std::unique_ptr<Log>> open_log(const LogOptions& options) {
  Logger file;
  if (names_file(options.file)) {
    LXCX_TRY(opened, open_file(options.file, options.program, options.container));
    file = std::move(opened);
  }
  return std::make_unique<SpdLog>(options, std::move(file));
}

}  // namespace lxcx::core
