// SPDX-License-Identifier: Apache-2.0
#include "symbols.hpp"

#include <link.h>

#include <cstring>

#include "tree.hpp"

namespace lxcx::conformance {

namespace {

using Header = ElfW(Ehdr);
using Section = ElfW(Shdr);
using Symbol = ElfW(Sym);

/// Copies the index-th T of a table at `offset`; false when it is not within the file.
template <class T>
bool read_at(const std::string& file, std::uint64_t offset, std::uint64_t index, T& out) {
  const std::uint64_t at = offset + index * sizeof(T);
  if (at < offset || at > file.size() || file.size() - at < sizeof(T)) return false;
  std::memcpy(&out, file.data() + at, sizeof(T));
  return true;
}

bool is_export(const Symbol& symbol) {
  const unsigned binding = symbol.st_info >> 4, visibility = symbol.st_other & 3;
  return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS && (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
         visibility != STV_HIDDEN && visibility != STV_INTERNAL;
}

}  // namespace

Result<std::vector<std::string>> exported_symbols(const std::string& library) {
  const std::string file = read_file_text(library);
  const Failure malformed =
      fail(Code::plugin, "'" + library + "' has no readable section headers", "do not strip them: `strip --strip-unneeded` is enough");
  Header header{};
  if (!read_at(file, 0, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return malformed;
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    Section table{}, names{};
    if (!read_at(file, header.e_shoff, i, table)) return malformed;
    if (table.sh_type != SHT_DYNSYM) continue;
    if (!read_at(file, header.e_shoff, table.sh_link, names)) return malformed;
    std::vector<std::string> exported;
    for (std::uint64_t n = 0; n < table.sh_size / sizeof(Symbol); ++n) {
      Symbol symbol{};
      if (!read_at(file, table.sh_offset, n, symbol)) return malformed;
      const std::uint64_t at = names.sh_offset + symbol.st_name;
      if (is_export(symbol) && at < file.size()) exported.emplace_back(file.c_str() + at);
    }
    return exported;
  }
  return malformed;
}

}  // namespace lxcx::conformance
