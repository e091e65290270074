// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/elf.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace lxcx::core {

namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);

constexpr unsigned char our_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char our_data = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
#if defined(__x86_64__)
constexpr std::uint16_t our_machine = EM_X86_64;
#elif defined(__i386__)
constexpr std::uint16_t our_machine = EM_386;
#elif defined(__aarch64__)
constexpr std::uint16_t our_machine = EM_AARCH64;
#elif defined(__arm__)
constexpr std::uint16_t our_machine = EM_ARM;
#elif defined(__riscv)
constexpr std::uint16_t our_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr std::uint16_t our_machine = EM_PPC64;
#elif defined(__s390__)
constexpr std::uint16_t our_machine = EM_S390;
#elif defined(__loongarch__)
constexpr std::uint16_t our_machine = 258;  // EM_LOONGARCH, absent from older elf.h
#else
#error "add this architecture's e_machine here and to machine_names"
#endif

constexpr std::array<std::pair<std::uint16_t, std::string_view>, 9> machine_names{{{EM_X86_64, "x86_64"},
                                                                                   {EM_386, "i386"},
                                                                                   {EM_AARCH64, "aarch64"},
                                                                                   {EM_ARM, "arm"},
                                                                                   {EM_RISCV, "riscv"},
                                                                                   {EM_PPC64, "ppc64"},
                                                                                   {EM_S390, "s390"},
                                                                                   {EM_MIPS, "mips"},
                                                                                   {258, "loongarch"}}};

std::string machine_name(std::uint16_t machine) {
  for (const auto& [number, name] : machine_names)
    if (number == machine) return std::string(name);
  return "machine " + std::to_string(machine);
}

Failure unusable(const std::string& path, const std::string& why, const std::string& hint) {
  return fail(Code::plugin, "library '" + path + "': " + why, hint);
}

Result<void> check_identity(std::string_view head, const std::string& path) {
  const std::string rebuild = "build the plugin on or for this machine (" + machine_name(our_machine) + ")";
  const auto ident = [&](int index) { return static_cast<unsigned char>(head[static_cast<std::size_t>(index)]); };
  if (ident(EI_CLASS) != our_class) {
    return unusable(path,
                    std::string("expected a ") + (our_class == ELFCLASS64 ? "64" : "32") + "-bit library, found " +
                        (ident(EI_CLASS) == ELFCLASS32   ? "a 32-bit one"
                         : ident(EI_CLASS) == ELFCLASS64 ? "a 64-bit one"
                                                         : "an unknown class"),
                    rebuild);
  }
  if (ident(EI_DATA) != our_data) return unusable(path, "it has the other byte order", rebuild);
  return {};
}

}  // namespace

Result<void> check_elf(std::string_view head, std::uint64_t file_size, const std::string& path) {
  const std::string copy_again = "copy or install it again";
  const std::string_view magic(ELFMAG, SELFMAG);
  if (file_size == 0) return unusable(path, "the file is empty", copy_again);
  if (!head.starts_with(magic.substr(0, std::min(head.size(), magic.size()))))
    return unusable(path, "it is not an ELF file", "\"library\" in the manifest must name a shared object");
  if (head.size() < EI_NIDENT) return unusable(path, "it is truncated: its ELF header is not complete", copy_again);
  LXCX_CHECK(check_identity(head, path));
  if (head.size() < sizeof(Header)) return unusable(path, "it is truncated: its ELF header is not complete", copy_again);
  Header header;
  std::memcpy(&header, head.data(), sizeof header);
  if (header.e_machine != our_machine) {
    return unusable(path, "expected architecture " + machine_name(our_machine) + ", found " + machine_name(header.e_machine),
                    "build the plugin for this machine");
  }
  if (header.e_type != ET_DYN) return unusable(path, "it is not a shared object", "link it with -shared, or use lxcx_add_plugin()");
  if (header.e_phentsize != sizeof(Segment) || header.e_phnum == 0) return unusable(path, "its program headers are malformed", copy_again);
  const std::uint64_t headers_end = header.e_phoff + std::uint64_t{header.e_phnum} * sizeof(Segment);
  if (headers_end < header.e_phoff || headers_end > file_size) return unusable(path, "it is truncated: its program headers are missing", copy_again);
  if (headers_end > head.size()) return unusable(path, "its program headers stand too far from its beginning", "link it with an ordinary linker");
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Segment segment;
    std::memcpy(&segment, head.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    const std::uint64_t end = std::uint64_t{segment.p_offset} + segment.p_filesz;
    if (end >= segment.p_offset && end <= file_size) continue;
    return unusable(path, "it is truncated: " + std::to_string(file_size) + " bytes, but its segments need " + std::to_string(end), copy_again);
  }
  return {};
}

}  // namespace lxcx::core
