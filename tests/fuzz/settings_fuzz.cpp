// SPDX-License-Identifier: Apache-2.0
// Lines of `key=value` as the settings of veth (a key without "lxcx.") and of landlock: read, or refused with a text that names the key. Addresses
// that were understood are printed as text that means the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net-veth/veth_settings.hpp"
#include "plugins/security-landlock/fences.hpp"
#include "tests/support/fake_call.hpp"

namespace {

using namespace lxcx;

void require(bool holds) {
  if (!holds) std::abort();
}

test::FakeCall::Settings parse(std::string_view text) {
  test::FakeCall::Settings all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (const std::size_t equals = line.find('='); equals != line.npos) all.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

template <class T>
void check_refusal(const Result<T>& read) {
  if (!read) require(read.error().code == Code::config && !read.error().message.empty());
}

void check_addresses(const net::VethSettings& settings) {
  for (const net::InterfaceAddress& address : settings.device.addresses) {
    const net::IpAddress& ip = address.subnet.ip;
    const Result<net::IpAddress> again = net::parse_ip(ip.family, ip.text());
    require(again.has_value() && *again == ip);
    require(address.subnet.prefix <= net::max_prefix(ip.family) && address.subnet.contains(ip));
  }
  for (const net::Subnet& route : settings.routes) {
    const Result<net::Subnet> again = net::parse_route(route.ip.family, route.text());
    require(again.has_value() && again->ip == route.ip && again->prefix == route.prefix);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::FakeCall raw(parse({reinterpret_cast<const char*>(data), size}));
  const Call call(&raw);
  const Result<net::VethSettings> veth = net::read_veth_settings(call, {"web", "veth", 0, -1});
  check_refusal(veth);
  if (veth) check_addresses(*veth);
  check_refusal(landlock::read_fences(call));
  return 0;
}
