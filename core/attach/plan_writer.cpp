// SPDX-License-Identifier: Apache-2.0
#include "core/attach/plan_writer.hpp"

#include <algorithm>

namespace lxcx::core {

enter::Span PlanWriter::append(const void* data, std::size_t size, std::size_t count) {
  constexpr std::size_t alignment = 8;
  bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
  const enter::Span span{static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(count)};
  if (size > 0) bytes_.append(static_cast<const char*>(data), size);
  return span;
}

enter::Span PlanWriter::add_strings(const std::vector<std::string>& strings) {
  std::string all;
  for (const std::string& one : strings) {
    has_nul_ |= one.find('\0') != std::string::npos;
    all.append(one).push_back('\0');
  }
  return append(all.data(), all.size(), strings.size());
}

Result<std::string> PlanWriter::finish() {
  if (has_nul_) return fail(Code::usage, "an argument or a variable holds a NUL byte");
  if (bytes_.size() > enter::max_plan_size) return fail(Code::usage, "the command and its environment are too long");
  plan.size = static_cast<std::uint32_t>(bytes_.size());
  std::memcpy(bytes_.data(), &plan, sizeof plan);
  return std::move(bytes_);
}

}  // namespace lxcx::core
