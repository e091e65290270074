// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

Result<int> run(Session& session, const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.words;
  constexpr const char* usage = "lxcx device NAME add|del DEVICE [PLACE]";
  if (words.size() < 2) return fail(Code::usage, "too few words", usage);
  if (words.size() > 3) return fail(Code::usage, "unexpected argument '" + words[3] + "'", usage);
  if (words[0] != "add" && words[0] != "del") return fail(Code::usage, "device cannot '" + words[0] + "'", "it can: add, del");
  LXCX_TRY(runtime, session.runtime());
  core::DeviceRequest request;
  request.name = arguments.name;
  request.device = words[1];
  request.place = words.size() > 2 ? words[2] : words[1];
  LXCX_CHECK(words[0] == "add" ? runtime->add_device(request) : runtime->remove_device(request));
  return 0;
}

}  // namespace

constinit const Command device{
    .name = "device",
    .summary = "Give a running container a device, or take it back",
    .operands = "NAME add|del DEVICE [PLACE]",
    .takes = Operands::name_and_words,
    .completes = Completes::container,
    .run = run,
};

}  // namespace lxcx::host::commands
