// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "host/commands/commands.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'m', "map", "KIND:INSIDE:HERE:COUNT", "Map so many ids: of users (u), of groups (g) or of both (b). May be repeated."},
    {'s', "map-self", "", "Map the caller's own ids too, behind all others."},
};

Result<std::vector<core::IdMapping>> read_maps(core::Runtime& runtime, const Arguments& arguments) {
  if (!arguments.has("map")) return runtime.own_id_maps();
  std::vector<core::IdMapping> maps;
  for (const std::string& text : arguments.values("map")) {
    LXCX_TRY(more, doing(core::parse_id_mapping(text), "--map"));
    maps.insert(maps.end(), more.begin(), more.end());
  }
  return maps;
}

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_TRY(runtime, session.runtime());
  core::UnshareRequest request;
  request.namespaces = core::namespace_bit(core::Namespace::user) | core::namespace_bit(core::Namespace::mnt);
  LXCX_TRY(maps, read_maps(*runtime, arguments));
  request.maps = std::move(maps);
  if (arguments.has("map-self")) {
    core::map_own_id(request.maps, false, ::geteuid());
    core::map_own_id(request.maps, true, ::getegid());
  }
  request.uid = 0;
  request.shares_mount_events = true;
  request.command = arguments.words;
  if (request.command.empty()) request.command = {"/bin/sh"};
  return runtime->unshare(request);
}

}  // namespace

constinit const Command usernsexec{
    .name = "usernsexec",
    .summary = "Run a program as root of a user namespace",
    .operands = "[--] [CMD…]",
    .takes = Operands::words,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
