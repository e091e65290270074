// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/last_words.hpp"

#include <unistd.h>

#include <utility>

namespace lxcx::core {

namespace {

// What a handler may read (signal-safety(7)).
const char* volatile words_to_write = nullptr;
volatile std::size_t words_size = 0;

extern "C" void write_last_words(int signal) {
  if (words_to_write != nullptr) (void)!::write(STDERR_FILENO, words_to_write, words_size);
  ::raise(signal);  // SA_RESETHAND: the default action now
}

}  // namespace

LastWords::LastWords(std::string words) : words_(std::move(words)) {
  words_to_write = words_.data();
  words_size = words_.size();
  struct sigaction action{};
  action.sa_handler = write_last_words;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (std::size_t i = 0; i < crashes.size(); ++i) ::sigaction(crashes[i], &action, &before_[i]);
}

LastWords::~LastWords() {
  for (std::size_t i = 0; i < crashes.size(); ++i) ::sigaction(crashes[i], &before_[i], nullptr);
  words_to_write = nullptr;
}

}  // namespace lxcx::core
