// SPDX-License-Identifier: Apache-2.0
// Where the C++ of network.md stands to be compiled.
#include <lxcx/plugin.hpp>
using namespace lxcx;

Result<void> make_pair(std::string_view host_name, std::string_view name, int netns_fd);

Result<void> connect(Call& call, const Nic& nic, const std::string& host_name, const std::string& name) {
  // block 1
  return {};
}
