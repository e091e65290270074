// SPDX-License-Identifier: Apache-2.0
#include "core/base/log.hpp"

#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cerrno>
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

class SpdLog final : public Log {
 public:
  SpdLog(LogOptions options, std::shared_ptr<spdlog::logger> file) : options_(std::move(options)), file_(std::move(file)) {}

  void write(Level level, std::string_view text) override {
    if (!wants(level)) return;
    const std::string safe = printable(text);
    if (file_ && level >= options_.file_level) file_->log(carrier(level), "{:<8} {}", names[static_cast<std::size_t>(level)], safe);
    if (!options_.quiet && level >= options_.stderr_level) write_stderr(level, safe);
  }
  bool wants(Level level) const override { return (file_ && level >= options_.file_level) || (!options_.quiet && level >= options_.stderr_level); }

 private:
  void write_stderr(Level level, const std::string& text) const {
    const std::string_view kind = level == Level::warn ? "warning: " : level < Level::warn ? "" : "error: ";
    const std::string line = options_.program + ": " + std::string(kind) + text + "\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  }
  LogOptions options_;
  std::shared_ptr<spdlog::logger> file_;
};

/// The pattern's text: a '%' in a name would be a flag.
std::string literal(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '%' ? std::string("%%") : std::string(1, c);
  return escaped;
}

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
  std::shared_ptr<spdlog::logger> file;
  if (!options.file.empty() && options.file != "none") {
    UniqueFd fd(::open(options.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640));
    if (!fd) return fail_errno(errno, "open the log file '" + options.file + "'", "name a file in a directory that exists, or 'none'");
    file = std::make_shared<spdlog::logger>("file", std::make_shared<AppendSink>(std::move(fd)));
    file->set_level(spdlog::level::trace);
    const std::string name = options.container.empty() ? "" : " " + literal(options.container);
    file->set_formatter(
        std::make_unique<spdlog::pattern_formatter>(literal(options.program) + name + " %Y%m%d%H%M%S.%e %v", spdlog::pattern_time_type::utc));
  }
  return std::make_unique<SpdLog>(options, std::move(file));
}

}  // namespace lxcx::core
