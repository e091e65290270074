// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/prefault.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

namespace lxcx::core {
namespace {

constexpr std::size_t heap_size = 256UL * 1024;
constexpr std::size_t stack_size = 64UL * 1024;
constexpr std::size_t most_ranges = 32;

struct Range {
  std::uintptr_t begin, end;
};

/// Fixed, so that a forked child need not take the dynamic loader's lock. What does not fit is faulted in as ever.
struct Ranges {
  std::array<Range, most_ranges> all{};
  std::size_t count = 0;

  void add(std::uintptr_t begin, std::uintptr_t end) {
    if (count < all.size() && begin < end) all[count++] = {begin, end};
  }
  void populate(int advice) const;
};

Ranges read_only, writable;

void populate_range(Range range, int advice) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t begin = range.begin & ~(page - 1);
  const std::uintptr_t end = (range.end + page - 1) & ~(page - 1);
  (void)::madvise(reinterpret_cast<void*>(begin), end - begin, advice);
}

void Ranges::populate(int advice) const {
  for (std::size_t i = 0; i < count; ++i) populate_range(all[i], advice);
}

/// The segments of one loaded object. What is written once, by the loader, is left out (PT_GNU_RELRO, always the start of its segment).
int note_segments(dl_phdr_info* object, std::size_t, void*) {
  std::uintptr_t relro_end = 0;
  for (int i = 0; i < object->dlpi_phnum; ++i)
    if (object->dlpi_phdr[i].p_type == PT_GNU_RELRO) relro_end = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr + object->dlpi_phdr[i].p_memsz;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t end = begin + segment.p_memsz;
    if (segment.p_flags & PF_W)
      writable.add(relro_end > begin && relro_end < end ? relro_end : begin, end);
    else
      read_only.add(begin, end);
  }
  return 0;
}

/// Room below the caller's frame. Writing its far end first makes the kernel grow the stack's mapping that far.
[[gnu::noinline]] void populate_stack() {
  // Clearing it would fault its pages in one by one.
  std::array<volatile std::byte, stack_size> room;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  room.front() = std::byte{0};
  const auto begin = reinterpret_cast<std::uintptr_t>(room.data());
  populate_range({begin, begin + room.size()}, MADV_POPULATE_WRITE);
}

/// Makes malloc(3) take the heap at once and keep it.
void grow_heap() {
  ::mallopt(M_TOP_PAD, heap_size);
  void* const first = std::malloc(heap_size / 4);
  const auto begin = reinterpret_cast<std::uintptr_t>(first);
  std::free(first);
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  if (begin < end && end - begin <= 4 * heap_size) writable.add(begin, end);
}

}  // namespace

void prefault_program() {
  ::dl_iterate_phdr(note_segments, nullptr);
  grow_heap();
  prefault_child();
}

void prefault_child() {
  if (read_only.count == 0) return;
  read_only.populate(MADV_POPULATE_READ);
  writable.populate(MADV_POPULATE_WRITE);
  populate_stack();
}

}  // namespace lxcx::core
