// SPDX-License-Identifier: Apache-2.0
// A build tool: writes the manual pages and the shell completions from lxcx's own tables of commands and options.
//   lxcx-docgen man VERSION DATE PAGE.md      one page on stdout; PAGE is lxcx or a command's name
//   lxcx-docgen page VERSION DATE NAME SECTION SUMMARY PAGE.md    one of another program, or of a file
//   lxcx-docgen completion bash|zsh|fish      a script on stdout
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "host/docgen/completion.hpp"
#include "host/docgen/manual.hpp"

namespace {

using lxcx::Result;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return lxcx::fail(lxcx::Code::not_found, "cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<std::string> run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "completion") return lxcx::host::completion(words[1]);
  if (words.size() == 7 && words[0] == "page" && words[4].size() == 1) {
    LXCX_TRY(text, read_file(words[6]));
    return lxcx::host::document_page(words[3], words[4][0], words[5], text, {words[1], words[2]});
  }
  if (words.size() != 4 || words[0] != "man")
    return lxcx::fail(lxcx::Code::usage, "lxcx-docgen man VERSION DATE PAGE.md | page VERSION DATE NAME SECTION SUMMARY PAGE.md | completion SHELL");
  LXCX_TRY(text, read_file(words[3]));
  const std::string file = words[3].substr(words[3].rfind('/') + 1);
  return lxcx::host::manual_page(file.substr(0, file.rfind('.')), text, {words[1], words[2]});
}

}  // namespace

int main(int argc, char** argv) {
  const Result<std::string> text = run({argv + 1, argv + argc});
  if (!text) {
    std::fprintf(stderr, "lxcx-docgen: %s\n", text.error().message.c_str());
    return static_cast<int>(text.error().code);
  }
  return std::fwrite(text->data(), 1, text->size(), stdout) == text->size() && std::fflush(stdout) == 0 ? 0 : 1;
}
