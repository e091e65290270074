// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "core/base/text.hpp"
#include "host/commands/commands.hpp"
#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

using core::ContainerUsage;
using core::Usage;

constexpr Option options[] = {
    {'d', "delay", "SECONDS", "Between two looks; 3, or 300 with --batch. Parts of a second are possible."},
    {'b', "batch", "", "Print comma separated values, one line for each container, instead of filling a terminal's screen."},
    {'s', "sort", "KEY", "By n (name), c (CPU), b (block devices), m (memory), s (memory and swap) or k (the kernel's memory)."},
    {'r', "reverse", "", "In reverse."},
    {'c', "count", "N", "End after so many looks."},
};

constexpr std::string_view sort_keys = "ncbmsk";

std::uint64_t value_of(const Usage& usage, char key) {
  switch (key) {
    case 'c': return usage.cpu_ns.value_or(0);
    case 'b': return usage.block_bytes.value_or(0);
    case 'm': return usage.memory_bytes.value_or(0);
    case 's': return usage.memory_and_swap_bytes.value_or(0);
    case 'k': return usage.kernel_memory_bytes.value_or(0);
    default: return 0;
  }
}

/// By name from a to z, by a number from the largest down.
void sort(std::vector<ContainerUsage>& all, char key, bool reverse) {
  std::ranges::stable_sort(all, [key](const ContainerUsage& a, const ContainerUsage& b) {
    return key == 'n' ? a.name < b.name : value_of(a.usage, key) > value_of(b.usage, key);
  });
  if (reverse) std::ranges::reverse(all);
}

std::string padded(const std::string& text, std::size_t columns, bool to_the_right) {
  const std::string blanks(columns - std::min(columns, width(text)), ' ');
  return to_the_right ? blanks + text : text + blanks;
}

std::string number_text(double number, const char* unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%6.2f%s", number, unit);
  return text.data();
}

std::string seconds_text(const std::optional<std::uint64_t>& ns) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.2f", static_cast<double>(ns.value_or(0)) / 1e9);
  return text.data();
}

std::string size_text(const std::optional<std::uint64_t>& bytes) {
  constexpr std::array<std::pair<unsigned, const char*>, 3> units{{{30, " GiB"}, {20, " MiB"}, {10, " KiB"}}};
  const std::uint64_t value = bytes.value_or(0);
  for (const auto& [shift, unit] : units)
    if (value > 1ULL << shift) return number_text(static_cast<double>(value) / static_cast<double>(1ULL << shift), unit);
  return number_text(static_cast<double>(value), "   ");
}

void add(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& value) {
  if (value) sum = sum.value_or(0) + *value;
}

Usage total_of(const std::vector<ContainerUsage>& all) {
  Usage sum;
  for (const ContainerUsage& one : all) {
    add(sum.cpu_ns, one.usage.cpu_ns);
    add(sum.cpu_user_ns, one.usage.cpu_user_ns);
    add(sum.cpu_system_ns, one.usage.cpu_system_ns);
    add(sum.block_bytes, one.usage.block_bytes);
    add(sum.block_read_bytes, one.usage.block_read_bytes);
    add(sum.block_write_bytes, one.usage.block_write_bytes);
    add(sum.memory_bytes, one.usage.memory_bytes);
    add(sum.memory_and_swap_bytes, one.usage.memory_and_swap_bytes);
    add(sum.kernel_memory_bytes, one.usage.kernel_memory_bytes);
  }
  return sum;
}

/// lxc-top's screen. Columns that nothing counts are left out.
class Table {
 public:
  explicit Table(const std::vector<ContainerUsage>& all) : all_(all), total_(total_of(all)) {}

  std::string text(std::size_t lines) const {
    constexpr std::size_t around = 3;  // two of the head, one of the sum
    const std::size_t shown = std::min(all_.size(), lines > around ? lines - around : 0);
    std::string out = "\033[7m\033[1m" + head("Container", {"CPU", "CPU", "CPU", "BlkIO", "Mem", "MemSw", "KMem"}) + '\n' +
                      head("Name", {"Used", "Sys", "User", "Total(Read/Write)", "Used", "Used", "Used"}) + "\n\033[0m";
    for (std::size_t i = 0; i < shown; ++i) out += row(printable(all_[i].name), all_[i].usage) + '\n';
    return out + row("TOTAL " + std::to_string(shown) + " of " + std::to_string(all_.size()), total_);
  }

 private:
  static constexpr std::size_t name_columns = 18;
  static constexpr std::array<std::size_t, 7> columns{12, 12, 12, 36, 10, 10, 10};

  std::string line(const std::string& name, const std::array<std::string, 7>& cells) const {
    std::string out = padded(name.substr(0, name_columns), name_columns, false);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool is_left_out = (i == 5 && total_.memory_and_swap_bytes.value_or(0) == 0) || (i == 6 && total_.kernel_memory_bytes.value_or(0) == 0);
      if (!is_left_out) out += ' ' + padded(cells[i], columns[i], true);
    }
    return out;
  }
  std::string head(const std::string& name, const std::array<std::string, 7>& cells) const { return line(name, cells); }
  std::string row(const std::string& name, const Usage& usage) const {
    return line(name, {seconds_text(usage.cpu_ns), seconds_text(usage.cpu_system_ns), seconds_text(usage.cpu_user_ns),
                       size_text(usage.block_bytes) + "(" + size_text(usage.block_read_bytes) + "/" + size_text(usage.block_write_bytes) + ")",
                       size_text(usage.memory_bytes), size_text(usage.memory_and_swap_bytes), size_text(usage.kernel_memory_bytes)});
  }

  const std::vector<ContainerUsage>& all_;
  Usage total_;
};

constexpr const char* batch_head =
    "time_ms,container,cpu_nanos,cpu_sys_userhz,cpu_user_userhz,blkio_bytes,blkio_iops,mem_used_bytes,memsw_used_bytes,kernel_mem_used_bytes\n";

/// USER_HZ, which is 100 wherever Linux runs (time(7)).
std::uint64_t ticks(const std::optional<std::uint64_t>& ns) { return ns.value_or(0) / 10'000'000; }

std::string batch_text(const std::vector<ContainerUsage>& all, std::int64_t time_ms) {
  std::string out;
  for (const ContainerUsage& one : all) {
    const Usage& usage = one.usage;
    out += std::to_string(time_ms) + ',' + printable(one.name);
    for (const std::uint64_t number : {usage.cpu_ns.value_or(0), ticks(usage.cpu_system_ns), ticks(usage.cpu_user_ns), usage.block_bytes.value_or(0),
                                       usage.block_operations.value_or(0), usage.memory_bytes.value_or(0), usage.memory_and_swap_bytes.value_or(0),
                                       usage.kernel_memory_bytes.value_or(0)})
      out += ',' + std::to_string(number);
    out += '\n';
  }
  return out;
}

std::int64_t now_ms() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

Result<int> parse_delay(const Arguments& arguments, bool batch) {
  const std::string text = arguments.value("delay", batch ? "300" : "3");
  std::size_t used = 0;
  double seconds = -1;
  try {
    seconds = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  constexpr double most = 1e6, least = 0.01;
  if (used != text.size() || !(seconds >= least && seconds <= most))
    return fail(Code::usage, "--delay: '" + text + "' is not a number of seconds from 0.01 to 1000000");
  return static_cast<int>(std::lround(seconds * 1000));
}

Result<char> parse_sort(const Arguments& arguments) {
  const std::string key = arguments.value("sort", "n");
  if (key.size() == 1 && sort_keys.contains(key[0])) return key[0];
  return fail(Code::usage, "--sort: '" + key + "' is none of n, c, b, m, s and k");
}

Result<int> run(Session& session, const Arguments& arguments) {
  const bool json = session.wants_json(), batch = arguments.has("batch") || json;
  LXCX_TRY(delay_ms, parse_delay(arguments, batch));
  LXCX_TRY(first_key, parse_sort(arguments));
  LXCX_TRY(rounds, arguments.number("count", 0, 1, 1'000'000'000));
  LXCX_TRY(runtime, session.runtime());
  char key = first_key;
  bool reverse = arguments.has("reverse"), is_first = true;

  core::Watch watch;
  watch.delay_ms = delay_ms;
  watch.on_screen = !batch;
  watch.rounds = rounds;
  watch.draw = [&](const winsize& size) -> Result<std::string> {
    LXCX_TRY(all, runtime->usage());
    sort(all, key, reverse);
    if (json) return json_of(all, now_ms());
    if (!batch) return Table(all).text(size.ws_row);
    return (std::exchange(is_first, false) ? batch_head : "") + batch_text(all, now_ms());
  };
  watch.on_key = [&](char typed) {
    if (typed == 'r') reverse = !reverse;
    if (sort_keys.contains(typed)) key = typed;
    return typed != 'q';
  };
  LXCX_CHECK(runtime->watch(watch));
  return 0;
}

}  // namespace

constinit const Command top{
    .name = "top",
    .summary = "Watch what running containers use",
    .operands = "",
    .takes = Operands::none,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
