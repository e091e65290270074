// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "host/output.hpp"

namespace lxcx::host {

/// One line on a terminal, drawn over itself, and gone with its object: a bar, or how much is done where nobody knows of how much.
class ProgressLine {
 public:
  ProgressLine(Output& out, std::string what) : out_(out), what_(std::move(what)) {}
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Bytes; a total of 0 is unknown.
  void show(std::uint64_t done, std::uint64_t total);
  /// What an operation calls; empty when there is no terminal to draw on, or the user wants none of it.
  std::function<void(std::uint64_t, std::uint64_t)> reporter();

 private:
  Output& out_;
  std::string what_;
  std::string shown_;
};

}  // namespace lxcx::host
