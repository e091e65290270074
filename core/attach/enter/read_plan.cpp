// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/attach/enter/context.hpp"

namespace lxcx::enter {
namespace {

bool fits(const Plan& plan, const Span& span, std::size_t element) {
  return span.offset % 4 == 0 && span.offset <= plan.size && static_cast<std::uint64_t>(span.count) * element <= plan.size - span.offset;
}

/// Whether each of the strings ends within the plan.
bool fit_as_strings(const Plan& plan, const Span& span, const unsigned char* bytes) {
  if (!fits(plan, span, 1)) return false;
  const unsigned char* at = bytes + span.offset;
  const unsigned char* const end = bytes + plan.size;
  for (std::uint32_t i = 0; i < span.count; ++i) {
    const void* nul = std::memchr(at, 0, static_cast<std::size_t>(end - at));
    if (!nul) return false;
    at = static_cast<const unsigned char*>(nul) + 1;
  }
  return true;
}

bool are_sound(const Plan& plan, const unsigned char* bytes) {
  const bool fit = fits(plan, plan.namespaces, sizeof(NamespaceEntry)) && fits(plan, plan.v1_tasks, 4) && fits(plan, plan.landlocks, 4) &&
                   fits(plan, plan.groups, 4) && fits(plan, plan.limits, sizeof(LimitEntry)) && fits(plan, plan.filters, sizeof(FilterEntry)) &&
                   fits(plan, plan.label, 1) && plan.directory.count <= 2 && fit_as_strings(plan, plan.directory, bytes) &&
                   fit_as_strings(plan, plan.arguments, bytes) && fit_as_strings(plan, plan.environment, bytes) &&
                   plan.proc_files.count == plan.proc_values.count && fit_as_strings(plan, plan.proc_files, bytes) &&
                   fit_as_strings(plan, plan.proc_values, bytes);
  if (!fit || plan.limits.offset % alignof(LimitEntry) != 0) return false;
  const auto* filters = reinterpret_cast<const FilterEntry*>(bytes + plan.filters.offset);
  for (std::uint32_t i = 0; i < plan.filters.count; ++i) {
    constexpr std::size_t instruction = 8;  // struct sock_filter
    if (!fits(plan, filters[i].instructions, instruction) || filters[i].instructions.count > UINT16_MAX) return false;
  }
  return true;
}

char** string_array(const Span& span, unsigned char* bytes) {
  auto** strings = static_cast<char**>(std::calloc(static_cast<std::size_t>(span.count) + 1, sizeof(char*)));
  if (!strings) return nullptr;
  auto* at = reinterpret_cast<char*>(bytes + span.offset);
  for (std::uint32_t i = 0; i < span.count; ++i) {
    strings[i] = at;
    at += std::strlen(at) + 1;
  }
  return strings;
}

}  // namespace

int read_plan(int fd, Context& context) {
  struct stat found = {};
  if (::fstat(fd, &found) != 0) return errno;
  if (found.st_size < static_cast<off_t>(sizeof(Plan)) || found.st_size > max_plan_size) return EBADMSG;
  const auto size = static_cast<std::size_t>(found.st_size);
  // Private: what another holder of the memfd wrote after the checks would not be seen.
  auto* bytes = static_cast<unsigned char*>(std::malloc(size));
  if (!bytes) return ENOMEM;
  const auto* plan = reinterpret_cast<const Plan*>(bytes);
  if (::pread(fd, bytes, size, 0) != static_cast<ssize_t>(size) || plan->magic != plan_magic || plan->version != plan_version || plan->size != size ||
      !are_sound(*plan, bytes)) {
    std::free(bytes);
    return EBADMSG;
  }
  ::close(fd);
  context.plan = plan;
  context.bytes = bytes;
  context.environment = string_array(plan->environment, bytes);
  if (!context.environment) return ENOMEM;
  if (plan->arguments.count == 0) return 0;
  context.arguments = string_array(plan->arguments, bytes);
  return context.arguments ? 0 : ENOMEM;
}

}  // namespace lxcx::enter
