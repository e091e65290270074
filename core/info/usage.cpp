// SPDX-License-Identifier: Apache-2.0
#include "core/info/usage.hpp"

#include <unistd.h>

#include "core/base/text.hpp"
#include "core/info/cgroups_by_base.hpp"
#include "core/info/info.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {
namespace {

using Number = std::optional<std::uint64_t>;

Number number_in(std::string_view text) {
  const Result<std::int64_t> value = parse_integer(trim(text));
  return value ? Number(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

/// The sum of the numbers behind a word, wherever it stands: "usage_usec 5", "8:0 Read 5", "8:0 rbytes=5 …". Nothing when it stands nowhere.
Number sum_behind(const Result<std::string>& text, std::string_view word) {
  if (!text) return std::nullopt;
  Number sum;
  for (const std::string& line : split(*text, '\n')) {
    const std::vector<std::string> words = split_blanks(line);
    for (std::size_t i = 0; i < words.size(); ++i) {
      Number found;
      if (words[i] == word && i + 1 < words.size()) found = number_in(words[i + 1]);
      if (words[i].starts_with(std::string(word) + "=")) found = number_in(std::string_view(words[i]).substr(word.size() + 1));
      if (found) sum = sum.value_or(0) + *found;
    }
  }
  return sum;
}

Number times(const Number& number, std::uint64_t factor) { return number ? Number(*number * factor) : number; }
Number plus(const Number& a, const Number& b) { return a && b ? Number(*a + *b) : std::nullopt; }

/// io.stat has a line for each device that was used: none means 0.
Number v2_io(const Result<std::string>& text, std::string_view word) { return text ? Number(sum_behind(text, word).value_or(0)) : std::nullopt; }

}  // namespace

Usage read_usage(const Cgroups& cgroups, const std::string& group) {
  const auto read = [&](std::string_view file) { return cgroups.read(group, file); };
  const auto number = [&](std::string_view file) {
    const Result<std::string> text = read(file);
    return text ? number_in(*text) : std::nullopt;
  };
  Usage usage;
  usage.cpu_ns = number("cpuacct.usage");
  if (usage.cpu_ns) {
    const Result<std::string> parts = read("cpuacct.stat");
    const std::uint64_t tick_ns = 1'000'000'000U / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    usage.cpu_user_ns = times(sum_behind(parts, "user"), tick_ns);
    usage.cpu_system_ns = times(sum_behind(parts, "system"), tick_ns);
  } else {
    const Result<std::string> parts = read("cpu.stat");
    usage.cpu_ns = times(sum_behind(parts, "usage_usec"), 1000);
    usage.cpu_user_ns = times(sum_behind(parts, "user_usec"), 1000);
    usage.cpu_system_ns = times(sum_behind(parts, "system_usec"), 1000);
  }
  if (const Result<std::string> bytes = read("blkio.throttle.io_service_bytes")) {
    usage.block_bytes = sum_behind(bytes, "Total");
    // Each device has a Total of its own, and the last line is that of all.
    if (const std::size_t last = bytes->rfind("\nTotal "); last != bytes->npos)
      usage.block_bytes = number_in(std::string_view(*bytes).substr(last + 7));
    usage.block_read_bytes = v2_io(bytes, "Read");
    usage.block_write_bytes = v2_io(bytes, "Write");
    const Result<std::string> operations = read("blkio.throttle.io_serviced");
    usage.block_operations = plus(v2_io(operations, "Read"), v2_io(operations, "Write"));
  } else {
    const Result<std::string> devices = read("io.stat");
    usage.block_read_bytes = v2_io(devices, "rbytes");
    usage.block_write_bytes = v2_io(devices, "wbytes");
    usage.block_bytes = plus(usage.block_read_bytes, usage.block_write_bytes);
    usage.block_operations = plus(v2_io(devices, "rios"), v2_io(devices, "wios"));
  }
  usage.memory_bytes = number("memory.usage_in_bytes");
  if (usage.memory_bytes) {
    usage.memory_and_swap_bytes = number("memory.memsw.usage_in_bytes");
    usage.kernel_memory_bytes = number("memory.kmem.usage_in_bytes");
  } else {
    usage.memory_bytes = number("memory.current");
    usage.memory_and_swap_bytes = plus(usage.memory_bytes, number("memory.swap.current"));
  }
  if (!usage.kernel_memory_bytes) usage.kernel_memory_bytes = sum_behind(read("memory.stat"), "kernel");
  return usage;
}

Result<std::vector<ContainerUsage>> running_usage(Host& host, const std::string& lxcpath) {
  LXCX_TRY(summaries, list_containers(host, lxcpath, {}, false));
  CgroupsByBase cgroups(host);
  std::vector<ContainerUsage> all;
  for (const ContainerSummary& summary : summaries) {
    if (summary.init <= 0 || summary.manager != "lxcx") continue;
    const Observed seen = observe(host, {lxcpath, summary.name});
    if (!seen.init_alive) continue;
    const Result<const Cgroups*> groups = cgroups.of(seen.run.cgroup_base);
    all.push_back({summary.name, seen.run.cgroup.empty() || !groups ? Usage{} : read_usage(**groups, seen.run.cgroup)});
  }
  return all;
}

}  // namespace lxcx::core
