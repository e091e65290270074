// SPDX-License-Identifier: Apache-2.0
#include "core/create/create.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/text.hpp"
#include "core/create/build.hpp"
#include "core/create/hardware_address.hpp"
#include "core/create/new_container.hpp"
#include "core/kernel/files.hpp"
#include "core/start/calls.hpp"
#include "core/start/context.hpp"
#include "core/start/launch.hpp"
#include "core/stop/remove.hpp"

namespace lxcx::core {

namespace {

constexpr std::size_t largest_config = 1 << 20;

struct ChosenTemplate {
  std::string name;    ///< the plugin's; empty: none
  Template* plugin = nullptr;
  std::vector<Setting> settings;
};

/// A template plugin of that name, else the script that LXC would run.
Result<ChosenTemplate> choose_template(Host& host, const std::string& wanted) {
  ChosenTemplate chosen;
  const std::string& name = host.selection.template_.empty() ? wanted : host.selection.template_;
  if (name.empty())
    return fail(Code::usage, "no template given", "add -t NAME; `lxcx plugin list` shows them; -t none makes a container without a root file system");
  if (name == "none") return chosen;
  Result<Template*> plugin = name.find('/') == std::string::npos ? host.plugins.templates(name) : fail(Code::not_found, "a path is no plugin");
  if (plugin) {
    chosen.name = name;
    chosen.plugin = *plugin;
    return chosen;
  }
  if (plugin.error().code != Code::not_found) return std::unexpected(std::move(plugin).error());
  const std::string path = name[0] == '/' ? name : "/usr/share/lxc/templates/lxc-" + name;
  if (!host.kernel.faccessat(AT_FDCWD, path.c_str(), X_OK, 0)) {
    if (name[0] == '/') return fail(Code::not_found, "the template '" + name + "' is no executable file");
    return std::unexpected(std::move(plugin).error());
  }
  LXCX_TRY(script, host.plugins.templates("script"));
  return ChosenTemplate{"script", script, {{"script", path, {}}}};
}

/// The first of the wanted backends that is there; "best" stands for the ones that are quickest to copy.
Result<std::string> choose_storage(Host& host, const CreateRequest& request) {
  std::vector<std::string> wanted = request.storage;
  if (!host.selection.storage.empty()) wanted = {host.selection.storage};
  if (wanted.empty()) wanted = {"dir"};
  if (wanted.size() == 1 && wanted[0] == "best") wanted = {"btrfs", "zfs", "lvm", "dir"};
  Error first;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::string name = wanted[i] == "none" ? "dir" : wanted[i];
    const Result<Storage*> plugin = host.plugins.storage(name);
    if (plugin) return name;
    if (i == 0) first = plugin.error();
  }
  return std::unexpected(std::move(first));
}

/// The text a new container's configuration begins with.
Result<std::string> base_config(Host& host, const std::string& default_config, const CreateRequest& request) {
  if (request.config_file == "none") return std::string();
  const std::string& path = request.config_file.empty() ? default_config : request.config_file;
  Result<std::string> text = read_file(host.kernel, AT_FDCWD, path.c_str(), largest_config);
  if (!text && request.config_file.empty()) {
    if (text.error().sys_errno != ENOENT)
      host.log.warn("the default configuration '" + path + "' cannot be read: " + text.error().message + ", ignoring");
    return std::string();
  }
  if (!text) return hinting(doing(std::move(text), "read the configuration to begin with"), "--config names a file that can be read, or none");
  if (!text->empty() && text->back() != '\n') *text += '\n';
  return text;
}

/// Every new container has a seccomp policy unless its configuration says otherwise (invariant 11).
Result<std::string> with_default_policy(Host& host, const ContainerConfig& config, std::string text) {
  const bool names_one = std::ranges::any_of(config.plugin_settings, [](const Setting& s) { return s.key == "lxc.seccomp.profile"; });
  if (names_one || !host.plugins.find(Kind::security, "seccomp")) return text;
  LXCX_TRY(line, config_line("lxc.seccomp.profile", host.layout.data_directory + "/default.seccomp"));
  return text + line;
}

std::string header(const CreateRequest& request) {
  std::string parameters;
  for (const std::string& arg : request.template_args) parameters += " " + escape_line(arg);
  return "# Template used to create this container: " + escape_line(request.template_) + "\n# Parameters passed to the template:" + parameters +
         "\n# For the keys see lxcx.container.conf(5) or `lxcx config keys`\n\n";
}

struct Plan {
  ChosenTemplate builder;
  std::string storage_name;
  Storage* storage = nullptr;
  std::string config_text;
  ContainerConfig config;
};

Result<Plan> make_plan(Host& host, const std::string& default_config, const CreateRequest& request, Warnings& warnings) {
  Plan plan;
  LXCX_TRY(builder, choose_template(host, request.template_));
  plan.builder = std::move(builder);
  if (plan.builder.plugin != nullptr) {
    LXCX_TRY(storage_name, choose_storage(host, request));
    LXCX_TRY(storage, host.plugins.storage(storage_name));
    plan.storage_name = std::move(storage_name);
    plan.storage = storage;
  }
  LXCX_TRY(text, base_config(host, default_config, request));
  const std::string file = request.config_file.empty() ? default_config : request.config_file;
  ParsedConfig parsed = parse_config(text, file, host.source);
  for (const Diagnostic& each : parsed.diagnostics)
    if (each.severity == Diagnostic::Severity::warning) warnings.push_back(format_diagnostic(each));
  if (parsed.has_errors()) {
    Error error{Code::config, 0, "the configuration '" + file + "' has errors; nothing was created", "mend it, or give another with -f", {}, {}, {}};
    for (const Diagnostic& each : parsed.diagnostics) error.details += format_diagnostic(each);
    return std::unexpected(std::move(error));
  }
  LXCX_CHECK(refuse_unmapped(host.kernel, parsed.config));
  LXCX_TRY(with_policy, with_default_policy(host, parsed.config, header(request) + with_hardware_addresses(text)));
  plan.config_text = std::move(with_policy);
  plan.config = std::move(parsed.config);
  return plan;
}

/// The command line's first.
std::vector<Setting> settings_of(const Host& host, const Plan& plan, const CreateRequest& request) {
  std::vector<Setting> settings;
  for (const auto& [key, value] : request.storage_settings) settings.push_back({key, value, {}});
  for (Setting& setting : storage_settings(host, plan.config, plan.storage_name)) settings.push_back(std::move(setting));
  return settings;
}

/// The configuration with what the template emitted, read back and checked as a whole.
Result<void> finish_config(Host& host, NewContainer& made, const BuildOutcome& built, Warnings& warnings) {
  const std::string path = made.paths().config();
  if (!built.config_lines.empty()) {
    LXCX_TRY(text, read_file(host.kernel, AT_FDCWD, path.c_str(), largest_config));
    for (const std::string& line : built.config_lines) {
      const std::size_t equals = line.find('=');
      if (equals == std::string::npos) return fail(Code::plugin, "the template emitted '" + escape_line(line) + "', which is no `key = value`");
      LXCX_TRY(safe, config_line(trim(std::string_view(line).substr(0, equals)), trim(std::string_view(line).substr(equals + 1))));
      text += safe;
    }
    LXCX_CHECK(made.write_config(text));
  }
  LXCX_TRY(config, doing(load_config(path, host.source, &warnings), "read back the new configuration"));
  (void)config;
  return {};
}

}  // namespace

Result<CreateOutcome> create_container(Host& host, const ContainerPaths& paths, const std::string& default_config, const CreateRequest& request) {
  LXCX_CHECK(check_new_name(paths.name));
  CreateOutcome outcome;
  LXCX_TRY(plan, make_plan(host, default_config, request, outcome.warnings));
  LXCX_TRY(lock, lock_container(host.kernel, host.root, paths));
  NewContainer made(host, paths, plan.config);
  LXCX_CHECK(made.begin());
  if (plan.builder.plugin != nullptr) {
    NewVolume volume{plan.storage_name, plan.storage,     settings_of(host, plan, request), request.size_bytes, false,
                     request.progress,  request.cancelled};
    LXCX_TRY(source, made.make_volume(std::move(volume),
                                      [&](Call& call, const Volume& wanted) { return plan.storage->create(call, wanted, request.size_bytes); }));
    LXCX_CHECK(go_on(request.cancelled));
    LXCX_TRY(line, config_line("lxc.rootfs.path", plan.storage_name + ":" + source));
    plan.config_text += line;
    LXCX_CHECK(made.write_config(plan.config_text));
    const BuildRequest build{plan.builder.name,
                             plan.builder.plugin,
                             plan.builder.settings,
                             plan.storage_name,
                             plan.storage,
                             settings_of(host, plan, request),
                             source,
                             plan.config,
                             request};
    LXCX_TRY(built, doing(build_rootfs(host, paths, build), "template '" + request.template_ + "'"));
    LXCX_CHECK(finish_config(host, made, built, outcome.warnings));
    outcome.messages = std::move(built.messages);
  } else {
    LXCX_CHECK(made.write_config(plan.config_text));
    LXCX_CHECK(finish_config(host, made, {}, outcome.warnings));
  }
  LXCX_CHECK(go_on(request.cancelled));
  LXCX_CHECK(made.finish());
  tell_hooks_of_create(host, paths);
  return outcome;
}

Result<std::string> template_help(Host& host, const std::string& template_name) {
  LXCX_TRY(chosen, choose_template(host, template_name));
  if (chosen.plugin == nullptr) return std::string("The template 'none' has no options.\n");
  HostCall call({&host.log, "template '" + chosen.name + "'", chosen.settings, nullptr, {}, nullptr});
  Call view = call.call();
  LXCX_CHECK(chosen.plugin->options(view, Build{}));
  std::string text;
  std::size_t width = 0;
  for (const auto& [key, value] : call.results)
    if (key == "option") width = std::max(width, value.find('\t') == std::string::npos ? value.size() : value.find('\t'));
  for (const auto& [key, value] : call.results) {
    if (key == "text") text += value + (value.ends_with('\n') ? "" : "\n");
    if (key != "option") continue;
    const std::vector<std::string> parts = split(value, '\t', true);
    text += "  " + parts[0] + std::string(width - std::min(width, parts[0].size()) + 2, ' ') + (parts.size() > 2 ? parts[2] : "");
    if (parts.size() > 1 && !parts[1].empty()) text += " (default: " + parts[1] + ")";
    text += "\n";
  }
  return text;
}

}  // namespace lxcx::core
