// SPDX-License-Identifier: Apache-2.0
#include "elf.hpp"

#include <elf.h>
#include <endian.h>
#include <unistd.h>

#include <cstring>

namespace lxcx::busybox {
namespace {

template <class T>
bool read_at(int file, off_t at, T& value) {
  return ::pread(file, &value, sizeof value, at) == static_cast<ssize_t>(sizeof value);
}

Failure damaged() { return fail(Code::config, "its ELF header is damaged"); }

template <class Header, class Segment>
Result<std::string> find_interpreter(int file) {
  Header header{};
  if (!read_at(file, 0, header)) return damaged();
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return fail(Code::config, "it is an ELF file, but not a program");
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Segment segment{};
    if (!read_at(file, static_cast<off_t>(header.e_phoff) + static_cast<off_t>(i) * header.e_phentsize, segment)) return damaged();
    if (segment.p_type != PT_INTERP) continue;
    char path[256] = {};
    if (segment.p_filesz == 0 || segment.p_filesz >= sizeof path) return damaged();
    if (::pread(file, path, segment.p_filesz, static_cast<off_t>(segment.p_offset)) < 1) return damaged();
    return std::string(path);
  }
  return std::string();
}

}  // namespace

Result<std::string> interpreter_of(int file) {
  unsigned char ident[EI_NIDENT];
  if (!read_at(file, 0, ident) || std::memcmp(ident, ELFMAG, SELFMAG) != 0) return fail(Code::config, "it is not an ELF program");
  constexpr unsigned char order = BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;
  if (ident[EI_DATA] != order) return fail(Code::config, "it is a program for another machine");
  if (ident[EI_CLASS] == ELFCLASS64) return find_interpreter<Elf64_Ehdr, Elf64_Phdr>(file);
  return find_interpreter<Elf32_Ehdr, Elf32_Phdr>(file);
}

}  // namespace lxcx::busybox
