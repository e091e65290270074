// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/give_up.hpp"
#include "host/printable.hpp"
#include "host/progress_line.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'N', "newname", "NAME", "The name of the copy; may stand behind the container's too."},
    {'p', "newpath", "PATH", "The directory of containers in which the copy is made, instead of the same.", Completes::directory},
    {'R', "rename", "", "No copy: the container itself gets the new name, as by lxcx rename."},
    {'s', "snapshot", "", "A snapshot: copy on write, on top of the container, which may not be destroyed before it."},
    {'B', "backingstorage", "STORE", "The storage plugin of the copy; the container's own when not given.", Completes::storage},
    {'K', "keepname", "", "Keep the host name."},
    {'M', "keepmac", "", "Keep the hardware addresses of network devices."},
};

struct Wanted {
  std::string new_name, new_path;
  bool rename = false;
  core::CopyRequest request;
};

Result<Wanted> read_wanted(Session& session, const Arguments& arguments) {
  constexpr const char* usage = "lxcx copy NAME NEW-NAME";
  Wanted wanted;
  if (arguments.words.size() > 1) return fail(Code::usage, "unexpected argument '" + arguments.words[1] + "'", usage);
  if (!arguments.words.empty() && arguments.has("newname")) return fail(Code::usage, "two new names", usage);
  wanted.new_name = arguments.words.empty() ? arguments.value("newname") : arguments.words[0];
  if (wanted.new_name.empty()) return fail(Code::usage, "no new name", usage);
  wanted.rename = arguments.has("rename");
  for (const char* other : {"newpath", "snapshot", "backingstorage", "keepname", "keepmac"})
    if (wanted.rename && arguments.has(other)) return fail(Code::usage, "--rename goes without --" + std::string(other), "lxcx rename NAME NEW-NAME");
  if (wanted.rename && !arguments.rest.empty()) return fail(Code::usage, "--rename runs no clone hooks: nothing may follow --");
  if (arguments.has("newpath")) {
    LXCX_TRY(path, session.absolute(arguments.value("newpath")));
    wanted.new_path = std::move(path);
  }
  wanted.request.snapshot = arguments.has("snapshot");
  wanted.request.keep_name = arguments.has("keepname");
  wanted.request.keep_mac = arguments.has("keepmac");
  wanted.request.storage = arguments.value("backingstorage");
  wanted.request.hook_args = arguments.rest;
  return wanted;
}

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_TRY(wanted, read_wanted(session, arguments));
  LXCX_TRY(runtime, session.runtime());
  if (wanted.rename) {
    LXCX_TRY(warnings, runtime->rename(arguments.name, wanted.new_name));
    session.warn(warnings);
    return 0;
  }
  const GiveUp give_up;
  ProgressLine line(session.out(), "copy " + printable(arguments.name));
  wanted.request.cancelled = &give_up.asked();
  wanted.request.progress = line.reporter();
  LXCX_TRY(warnings, runtime->copy(arguments.name, wanted.new_name, wanted.new_path, wanted.request));
  session.warn(warnings);
  return 0;
}

}  // namespace

constinit const Command copy{
    .name = "copy",
    .summary = "Make a container of a stopped one: a copy, or a snapshot",
    .operands = "NAME NEW-NAME [-- ARGS…]",
    .takes = Operands::name_words_and_rest,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
