// SPDX-License-Identifier: Apache-2.0
// The devices of ordinary users. The kernel is the database: a host end says in its alias whose it is, and on which bridge's account.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net-common/link.hpp"

namespace lxcx::net::service {

struct Account {
  uid_t uid = 0;
  std::string bridge;  ///< "none" when it was attached to nothing
};

/// "lxcx-user:1000:lxcbr0:0:web".
std::string alias_of(const Account&, unsigned index, std::string_view container);
/// None when the alias is not of that form. Root's devices begin with "lxcx:", whatever their container is called.
std::optional<Account> account_of(std::string_view alias);

/// "veth1000_X1y2", by which LXC's users and their firewalls know them; "vethX1y2Z3" for ids above 65536.
std::string host_name_for(uid_t uid);

/// Those of the user that count on that bridge: by the alias, or, where the alias has yet to be set, by the name. `bridge` is "" for none.
std::vector<Link> devices_of(std::vector<Link> all, uid_t uid, std::string_view bridge);

}  // namespace lxcx::net::service
