// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/options.hpp"

#include <climits>
#include <cstring>

namespace lxcx::monitor {

namespace {

bool parse_number(const char* text, std::uint64_t limit, std::uint64_t& number) {
  if (*text == '\0') return false;
  number = 0;
  for (; *text != '\0'; ++text) {
    if (*text < '0' || *text > '9') return false;
    const auto digit = static_cast<unsigned>(*text - '0');
    if (number > (limit - digit) / 10) return false;
    number = number * 10 + digit;
  }
  return true;
}

bool parse_number(const char* text, int& number) {
  std::uint64_t wide = 0;
  if (!parse_number(text, INT_MAX, wide)) return false;
  number = static_cast<int>(wide);
  return true;
}

bool parse_flag(const char* text, bool& flag) {
  flag = text[0] == '1';
  return (text[0] == '0' || text[0] == '1') && text[1] == '\0';
}

const char* value_of(const char* argument, const char* name) {
  const std::size_t length = std::strlen(name);
  return std::strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1 : nullptr;
}

struct Number {
  const char* name;
  int Options::* member;
};
constexpr Number numbers[] = {
    {"init", &Options::init},
    {"init-pidfd", &Options::init_pidfd},
    {"run-directory", &Options::run_directory},
    {"control", &Options::control},
    {"console-master", &Options::console_master},
    {"console-peer", &Options::console_peer},
    {"console-log", &Options::console_log},
    {"console-log-directory", &Options::console_log_directory},
    {"log", &Options::log},
};

bool parse_option(const char* argument, Options& options) {
  for (const Number& number : numbers) {
    if (const char* value = value_of(argument, number.name)) return parse_number(value, options.*number.member);
  }
  if (const char* value = value_of(argument, "console-log-name")) return options.console_log_name = value, *value != '\0';
  if (const char* value = value_of(argument, "console-log-size")) return parse_number(value, UINT64_MAX, options.console_log_size);
  if (const char* value = value_of(argument, "console-buffer-size")) return parse_number(value, UINT64_MAX, options.console_buffer_size);
  if (const char* value = value_of(argument, "console-rotate")) return parse_flag(value, options.console_rotate);
  if (const char* value = value_of(argument, "foreground")) return parse_flag(value, options.foreground);
  if (const char* value = value_of(argument, "ttys")) return options.ttys = value, true;
  if (const char* value = value_of(argument, "listeners")) return options.listeners = value, true;
  if (const char* value = value_of(argument, "notify-proxy")) return options.notify_proxy = value, true;
  if (const char* value = value_of(argument, "notify-cookie")) return options.notify_cookie = value, true;
  if (const char* value = value_of(argument, "notify-timeout-ms")) return parse_number(value, INT_MAX, options.notify_timeout_ms);
  if (const char* value = value_of(argument, "log-name")) return options.log_name = value, true;
  return false;
}

}  // namespace

bool parse_options(int argc, char** argv, Options& options) {
  int at = 1;
  for (; at < argc && std::strcmp(argv[at], "--") != 0; ++at) {
    if (!parse_option(argv[at], options)) return false;
  }
  if (argc - at < 3) return false;  // "--", a program, the end mark
  options.teardown = argv + at + 1;
  return options.init > 0 && options.init_pidfd >= 0 && options.run_directory >= 0;
}

int fd_of_list(const char* list, int number) {
  for (const char* at = list; *at != '\0';) {
    int fd = 0;
    for (; *at >= '0' && *at <= '9'; ++at) fd = fd * 10 + (*at - '0');
    if (--number == 0) return fd;
    if (*at != '\0') ++at;
  }
  return -1;
}

void show_title_only(int argc, char** argv) {
  char* end_mark = argv[argc - 1];
  end_mark[std::strlen(end_mark)] = '.';
  argv[argc - 1] = nullptr;  // no string any more, and the end of the teardown's argv
}

}  // namespace lxcx::monitor
