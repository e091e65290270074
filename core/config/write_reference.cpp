// SPDX-License-Identifier: Apache-2.0
// Writes docs/configuration.md: write_reference FILE.
#include <cstdio>

#include "core/config/reference.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: lxcx_configuration_docs FILE\n", stderr);
    return 2;
  }
  const std::string text = lxcx::core::configuration_reference();
  std::FILE* file = std::fopen(argv[1], "we");
  const bool is_written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool is_closed = file != nullptr && std::fclose(file) == 0;
  if (!is_written || !is_closed) std::perror(argv[1]);
  return is_written && is_closed ? 0 : 1;
}
