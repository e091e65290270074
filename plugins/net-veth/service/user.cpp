// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/user.hpp"

#include <grp.h>
#include <pwd.h>

namespace lxcx::net::service {
namespace {

constexpr uid_t overflow_uid = 65534;  // user_namespaces(7): any id that is not mapped here

}  // namespace

Result<User> find_user(uid_t uid) {
  if (uid == overflow_uid) return fail(Code::denied, "a user whose id is not known here", "the service serves users of this machine alone");
  const passwd* entry = ::getpwuid(uid);
  if (entry == nullptr)
    return fail(Code::denied, "no user has the id " + std::to_string(uid), "lxc-usernet(5) goes by the names of users and groups");
  User user{uid, entry->pw_name, {}};
  const gid_t primary = entry->pw_gid;
  int count = 64;
  std::vector<gid_t> ids(static_cast<std::size_t>(count));
  while (::getgrouplist(user.name.c_str(), primary, ids.data(), &count) < 0) ids.resize(static_cast<std::size_t>(count));
  ids.resize(static_cast<std::size_t>(count));
  for (const gid_t id : ids)
    if (const group* found = ::getgrgid(id)) user.groups.emplace_back(found->gr_name);
  return user;
}

}  // namespace lxcx::net::service
