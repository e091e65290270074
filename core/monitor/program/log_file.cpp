// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/log_file.hpp"

#include <time.h>
#include <unistd.h>

#include <initializer_list>

#include "core/monitor/program/text.hpp"

namespace lxcx::monitor {

namespace {

struct Date {
  std::uint64_t year, month, day;
};

/// Of the proleptic Gregorian calendar, from days since 1970-01-01. gmtime_r(3) would read the time zone's files.
Date date_of(std::uint64_t days) {
  days += 719468;  // since 0000-03-01: a year that begins in March has its leap day at the end
  const std::uint64_t era = days / 146097, of_era = days % 146097;
  const std::uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::uint64_t month = (5 * of_year + 2) / 153;
  return {era * 400 + year + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, of_year - (153 * month + 2) / 5 + 1};
}

}  // namespace

void LogFile::error(const char* text) const {
  if (fd_ < 0) return;
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto seconds = static_cast<std::uint64_t>(now.tv_sec);
  const Date date = date_of(seconds / 86400);
  Text line;
  line.add(name_);
  line.add(" ");
  line.add(date.year, 4);
  for (const std::uint64_t part : {date.month, date.day, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60}) line.add(part, 2);
  line.add(".");
  line.add(static_cast<std::uint64_t>(now.tv_nsec / 1000000), 3);
  line.add(" ERROR    ");
  line.add(text);
  if (line.size + 1 == sizeof line.bytes) --line.size;
  line.bytes[line.size++] = '\n';
  (void)!::write(fd_, line.bytes, line.size);
}

}  // namespace lxcx::monitor
