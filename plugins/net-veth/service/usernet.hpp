// SPDX-License-Identifier: Apache-2.0
// /etc/lxc/lxc-usernet: how many devices whose containers may have, and on which bridges. As LXC reads it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "net-veth/service/user.hpp"

namespace lxcx::net::service {

struct UsernetLine {
  std::string who;     ///< a user's name, or "@" and a group's
  std::string type;    ///< "veth"
  std::string bridge;  ///< or "none": attached to nothing
  unsigned count = 0;
  bool operator==(const UsernetLine&) const = default;
};

struct Usernet {
  std::vector<UsernetLine> lines;
  std::vector<unsigned> malformed;  ///< numbers of the lines that were left out, from 1
};

/// Each line is `name|@group type bridge count`; one with # in front, and an empty one, says nothing. Errors: none; what is malformed is left out.
Usernet parse_usernet(std::string_view text);

/// All lines that are the user's or a group's of his add up; the sum stops at the greatest number. `bridge` is "" for none.
unsigned allowance(const Usernet&, const User&, std::string_view bridge);

/// The file, at most 1 MiB of it. Empty when there is none. Errors: denied when another than root could have written it.
Result<Usernet> read_usernet(const std::string& path);

}  // namespace lxcx::net::service
