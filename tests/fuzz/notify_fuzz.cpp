// SPDX-License-Identifier: Apache-2.0
// Any bytes as a seccomp proxy's answer: no answer, or one whose id is the question's and that lies within the bytes. The first byte stretches the
// kernel's structs, the next eight are the question's id.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/monitor/notify_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lxcx::core::notify;
  if (size < 9) return 0;
  const auto more = static_cast<std::uint16_t>(data[0]);
  const seccomp_notif_sizes sizes{static_cast<std::uint16_t>(sizeof(seccomp_notif) + more), sizeof(seccomp_notif_resp), sizeof(seccomp_data)};
  if (!are_usable(sizes)) return 0;
  std::uint64_t id = 0;
  std::memcpy(&id, data + 1, sizeof id);
  const std::vector<std::uint8_t> answer(data + 9, data + size);
  seccomp_notif_resp response = {};
  const bool is_answer = parse_answer(answer.data(), answer.size(), sizes, id, response);
  if (is_answer && (response.id != id || answer.size() < answer_size(sizes))) std::abort();
  return 0;
}
