// SPDX-License-Identifier: Apache-2.0
#include "host/progress_line.hpp"

#include <algorithm>

namespace lxcx::host {
namespace {

std::string bar_of(std::uint64_t done, std::uint64_t total) {
  constexpr std::size_t width = 40;
  const auto percent = static_cast<std::size_t>(static_cast<double>(std::min(done, total)) * 100 / static_cast<double>(total));
  std::string bar(percent * width / 100, '#');
  bar.resize(width, '.');
  return "[" + bar + "] " + std::to_string(percent) + "%";
}

}  // namespace

ProgressLine::~ProgressLine() {
  if (!shown_.empty()) out_.complain("\r\x1b[K");
}

void ProgressLine::show(std::uint64_t done, std::uint64_t total) {
  std::string text = total != 0 ? bar_of(done, total) : std::to_string(done >> 20) + " MiB";
  if (text == shown_) return;
  shown_ = std::move(text);
  out_.complain("\r" + what_ + " " + shown_);
}

std::function<void(std::uint64_t, std::uint64_t)> ProgressLine::reporter() {
  if (out_.is_quiet() || !out_.is_terminal(2)) return {};
  return [this](std::uint64_t done, std::uint64_t total) { show(done, total); };
}

}  // namespace lxcx::host
