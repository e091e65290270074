// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <array>
#include <cstdint>

#include "core/base/text.hpp"
#include "host/give_up.hpp"
#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/progress_line.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'t', "template", "TEMPLATE", "What fills the root file system: a template plugin, the path of a template script, or none.",
     Completes::template_},
    {'f', "config", "FILE", "The configuration to begin with, instead of lxc.default_config.", Completes::file},
    {'B', "bdev", "STORE", "The storage plugin; dir when not given. best, or a list with commas: the first that works.", Completes::storage},
    {0, "dir", "PATH", "dir: the absolute path of the root file system.", Completes::directory},
    {0, "fssize", "SIZE[UNIT]", "Block devices: the size; UNIT is one of B K M G T, and M when not given."},
    {0, "fstype", "TYPE", "Block devices: the file system to make."},
    {0, "lvname", "NAME", "lvm: the logical volume; the container's name when not given."},
    {0, "vgname", "NAME", "lvm: the volume group."},
    {0, "thinpool", "NAME", "lvm: the thin pool."},
    {0, "rbdname", "NAME", "rbd: the block device; the container's name when not given."},
    {0, "rbdpool", "NAME", "rbd: the pool."},
    {0, "zfsroot", "DATASET", "zfs: the data set that holds the container's."},
};
constexpr std::string_view storage_options[] = {"dir", "fstype", "lvname", "vgname", "thinpool", "rbdname", "rbdpool", "zfsroot"};

/// "512", "512M", "2g": bytes. A number alone counts megabytes, as lxc-create's does.
Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view units = "bkmgt";
  const auto wrong = [&] { return fail(Code::usage, "--fssize: '" + std::string(text) + "' is not a size such as 512M or 2G"); };
  if (text.empty()) return wrong();
  const char last = text.back();
  const std::size_t unit = units.find(static_cast<char>(last | 0x20));
  const bool has_unit = (last < '0' || last > '9');
  if (has_unit && unit == std::string_view::npos) return wrong();
  const auto shift = static_cast<unsigned>(10 * (has_unit ? unit : 2));
  const Result<std::int64_t> number = core::parse_integer(has_unit ? text.substr(0, text.size() - 1) : text);
  if (!number || *number <= 0 || *number > (INT64_MAX >> shift)) return wrong();
  return static_cast<std::uint64_t>(*number) << shift;
}

Result<core::CreateRequest> read_request(Session& session, const Arguments& arguments) {
  core::CreateRequest request;
  request.name = arguments.name;
  request.template_ = arguments.value("template");
  if (request.template_.empty())
    return fail(Code::usage, "no template was given", "-t TEMPLATE; -t none makes a container without a root file system");
  request.template_args = arguments.rest;
  const std::string config = arguments.value("config");
  if (!config.empty() && config != "none") {
    LXCX_TRY(path, session.absolute(config));
    request.config_file = std::move(path);
  } else {
    request.config_file = config;
  }
  request.storage = core::split(arguments.value("bdev"), ',');
  for (const std::string_view option : storage_options)
    if (arguments.has(option)) request.storage_settings.emplace_back(option, arguments.value(option));
  if (arguments.has("dir") && !arguments.value("dir").starts_with('/'))
    return fail(Code::usage, "--dir: '" + arguments.value("dir") + "' is not an absolute path");
  if (arguments.has("fssize")) {
    LXCX_TRY(size, parse_size(arguments.value("fssize")));
    request.size_bytes = size;
  }
  request.quiet = arguments.has("quiet");
  return request;
}

Result<core::CreateOutcome> create_container(Session& session, core::CreateRequest& request) {
  LXCX_TRY(runtime, session.runtime());
  const GiveUp give_up;
  request.cancelled = &give_up.asked();
  ProgressLine line(session.out(), "create " + printable(request.name));
  request.progress = line.reporter();
  return runtime->create(request);
}

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_TRY(request, read_request(session, arguments));
  LXCX_TRY(outcome, create_container(session, request));
  session.warn(outcome.warnings);
  if (session.wants_json()) {
    session.out().print(json_of(outcome, request.name));
    return 0;
  }
  if (request.quiet) return 0;
  for (const std::string& message : outcome.messages) session.out().print(printable(message, true) + (message.ends_with('\n') ? "" : "\n"));
  return 0;
}

}  // namespace

constinit const Command create{
    .name = "create",
    .summary = "Create a container from a template",
    .operands = "-t TEMPLATE NAME [-- ARGS…]",
    .takes = Operands::name_and_rest,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
