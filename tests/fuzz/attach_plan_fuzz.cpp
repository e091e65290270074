// SPDX-License-Identifier: Apache-2.0
// Any bytes as the plan that lxcx-enter is given: refused, or everything that its spans point at lies within them.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/attach/enter/context.hpp"

namespace {

using namespace lxcx::enter;

/// Reads every byte, so that the address sanitizer looks at each.
template <class T>
void touch(const Context& context, const Span& span) {
  volatile unsigned char sink = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(context.at<T>(span));
  for (std::size_t i = 0; i < span.count * sizeof(T); ++i) sink = static_cast<unsigned char>(sink ^ bytes[i]);
}

void touch_strings(char** strings) {
  volatile std::size_t sink = 0;
  for (; strings && *strings; ++strings) sink = sink + std::strlen(*strings);
}

void touch_all(const Context& context) {
  const Plan& plan = *context.plan;
  touch<NamespaceEntry>(context, plan.namespaces);
  touch<std::int32_t>(context, plan.v1_tasks);
  touch<std::int32_t>(context, plan.landlocks);
  touch<std::uint32_t>(context, plan.groups);
  touch<LimitEntry>(context, plan.limits);
  touch<char>(context, plan.label);
  for (std::uint32_t i = 0; i < plan.filters.count; ++i) touch<std::uint64_t>(context, context.at<FilterEntry>(plan.filters)[i].instructions);
  touch_strings(context.arguments);
  touch_strings(context.environment);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int fd = ::memfd_create("plan", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
  Context context;
  if (read_plan(fd, context) != 0) {
    ::close(fd);
    return 0;
  }
  touch_all(context);
  std::free(context.arguments);
  std::free(context.environment);
  std::free(const_cast<unsigned char*>(context.bytes));
  return 0;
}
