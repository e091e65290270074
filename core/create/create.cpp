// SPDX-License-Identifier: Apache-2.0
#include "core/create/create.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "core/base/text.hpp"
#include "core/config/scan.hpp"
#include "core/config/text_lines.hpp"
#include "core/create/build.hpp"
#include "core/kernel/files.hpp"
#include "core/start/calls.hpp"
#include "core/start/context.hpp"
#include "core/start/launch.hpp"
#include "core/stop/remove.hpp"

namespace lxcx::core {

namespace {

constexpr std::size_t largest_config = 1 << 20;

/// What this create has made so far, newest last; taken back when it fails. What cannot be taken back ends that: the records of it, in `partial`
/// and the configuration, are among what was made before, and the next create or destroy tries again with them.
class Made {
 public:
  explicit Made(Log& log) : log_(log) {}
  void push(std::string what, std::function<Result<void>()> undo) { undos_.emplace_back(std::move(what), std::move(undo)); }
  void keep() { undos_.clear(); }
  ~Made() {
    for (auto undo = undos_.rbegin(); undo != undos_.rend(); ++undo)
      if (const Result<void> undone = undo->second(); !undone) {
        log_.warn("could not remove " + undo->first + ": " + undone.error().message + "; destroying the container tries again");
        return;
      }
  }

 private:
  Log& log_;
  std::vector<std::pair<std::string, std::function<Result<void>()>>> undos_;
};

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

/// Each x of an address becomes a digit. The first pair's second digit is even: an odd one would be a multicast address.
void fill_address(std::string& text, std::size_t begin, std::size_t end) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device source;
  for (std::size_t at = begin; at < end; ++at) {
    if (text[at] != 'x' && text[at] != 'X') continue;
    const unsigned digit = std::uniform_int_distribution<unsigned>(0, 15)(source);
    text[at] = digits[at == begin + 1 ? digit & ~1U : digit];
  }
}

/// Of lxc.net.N.hwaddr each x gets its digit once and for all, as lxc-create has it: what is left to the start differs from one to the next.
std::string with_hardware_addresses(const std::string& text) {
  TextLines lines(text);
  LineScanner scanner(text);
  while (const std::optional<ScannedLine> line = scanner.next()) {
    const bool is_address = line->key.ends_with(".hwaddr") && (line->key.starts_with("lxc.net.") || line->key.starts_with("lxc.network."));
    if (line->kind != ScannedLine::Kind::assignment || !is_address || line->value.find_first_of("xX") == line->value.npos) continue;
    std::string whole = lines.text(line->number);
    const std::size_t begin = whole.rfind(line->value);
    if (begin == whole.npos) continue;
    fill_address(whole, begin, begin + line->value.size());
    lines.replace(line->number, std::move(whole));
  }
  return lines.join().text;
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

Result<Plan> make_plan(Host& host, const ContainerPaths& paths, const std::string& default_config, const CreateRequest& request, Warnings& warnings) {
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
  (void)paths;
  return plan;
}

HostCall::Inputs call_inputs(Host& host, std::string who, std::vector<Setting> settings, RecordStore* records, const CreateRequest& request) {
  HostCall::Inputs inputs;
  inputs.log = &host.log;
  inputs.who = std::move(who);
  inputs.settings = std::move(settings);
  inputs.records = records;
  inputs.progress = request.progress;
  return inputs;
}

/// The command line's first, then the configuration's lxcx.storage.NAME.*: of two of a name, a plugin sees the first.
std::vector<Setting> storage_settings(const Plan& plan, const CreateRequest& request) {
  std::vector<Setting> settings;
  for (const auto& [key, value] : request.storage_settings) settings.push_back({key, value, {}});
  const std::string prefix = "lxcx.storage." + plan.storage_name + ".";
  for (Setting& setting : plan.config.settings_with_prefix(prefix)) {
    setting.key.erase(0, prefix.size());
    settings.push_back(std::move(setting));
  }
  return settings;
}

Result<void> refuse_taken(Host& host, const ContainerPaths& paths) {
  if (runs_under_lxc(paths)) return fail(Code::busy, "'" + paths.name + "' is running under LXC");
  if (host.kernel.faccessat(AT_FDCWD, paths.config().c_str(), F_OK, 0))
    return fail(Code::busy, "the container '" + paths.name + "' exists already", "pick another name, or destroy it first");
  const Result<UniqueFd> directory = host.kernel.openat(AT_FDCWD, paths.directory().c_str(), O_RDONLY | O_DIRECTORY);
  if (!directory) return {};
  LXCX_TRY(names, host.kernel.getdents(directory->get()));
  if (names.empty()) return {};
  return fail(Code::busy, "'" + paths.directory() + "' exists and is not empty", "it is no container; move it away or pick another name");
}

/// What an earlier create left when it was killed is taken back first; everything else that stands there is refused.
Result<void> clear_the_way(Host& host, const ContainerPaths& paths) {
  LXCX_TRY(creation, creation_of(host.kernel, paths));
  if (creation == Creation::going_on) return fail(Code::busy, "'" + paths.name + "' is being created by another process");
  if (creation == Creation::cut_short) {
    host.log.warn("an earlier creation of '" + paths.name + "' was cut short: what it left is removed");
    LXCX_CHECK(doing(remove_unfinished(host, paths), "remove what an earlier creation left"));
  }
  return refuse_taken(host, paths);
}

/// The directory, 0770 as LXC makes it; owned by the container's root when ids are mapped, and still open to the ordinary user who made it.
Result<void> make_directory(Host& host, const ContainerPaths& paths, const ContainerConfig& config, Made& made) {
  LXCX_CHECK(make_directories(host.kernel, paths.lxcpath, 0755));
  LXCX_TRY(is_new, make_directories(host.kernel, paths.directory(), 0770));
  if (is_new)
    made.push("'" + paths.directory() + "'", [&host, paths]() -> Result<void> {
      LXCX_TRY(parent, host.kernel.openat(AT_FDCWD, paths.lxcpath.c_str(), O_PATH | O_DIRECTORY));
      return host.kernel.unlinkat(parent.get(), paths.name.c_str(), AT_REMOVEDIR);
    });
  LXCX_TRY(fd, host.kernel.openat(AT_FDCWD, paths.directory().c_str(), O_RDONLY | O_DIRECTORY));
  LXCX_CHECK(host.kernel.fchmod(fd.get(), 0770));
  if (config.idmap.empty()) return {};
  return host.kernel.fchown(fd.get(), mapped_uid(config, 0), ::geteuid() == 0 ? mapped_gid(config, 0) : ::getegid());
}

void forget_file(Host& host, Made& made, const std::string& path) {
  made.push("'" + path + "'", [&host, path]() -> Result<void> {
    Result<void> gone = host.kernel.unlinkat(AT_FDCWD, path.c_str(), 0);
    return !gone && gone.error().sys_errno == ENOENT ? Result<void>{} : gone;
  });
}

/// What another process needs to take this creation back: the volume is named before it is made.
Result<void> announce_volume(Journal& partial, const Plan& plan, const CreateRequest& request) {
  LXCX_CHECK(partial.append(create_scope, "storage", plan.storage_name));
  LXCX_CHECK(partial.append(create_scope, "size", std::to_string(request.size_bytes)));
  for (const Setting& setting : storage_settings(plan, request)) LXCX_CHECK(partial.append(create_setting_scope, setting.key, setting.value));
  return {};
}

/// Between two steps: the user gave up.
Result<void> go_on(const CreateRequest& request) {
  if (!request.is_cancelled()) return {};
  return fail(Code::cancelled, "given up; nothing of it is kept");
}

Result<std::string> make_volume(Host& host, const ContainerPaths& paths, const Plan& plan, const CreateRequest& request, Journal& partial,
                                Made& made) {
  LXCX_CHECK(announce_volume(partial, plan, request));
  JournalScope records(partial, "storage");
  const std::string directory = paths.directory();
  HostCall::Inputs inputs = call_inputs(host, "storage '" + plan.storage_name + "'", storage_settings(plan, request), &records, request);
  inputs.cancelled = request.cancelled;  // of the making alone: what undoes it goes to its end
  HostCall call(std::move(inputs));
  Call view = call.call();
  const Volume wanted{paths.name, {}, directory, plan.config.rootfs_options, plan.config.idmap};
  LXCX_TRY(source, doing(plan.storage->create(view, wanted, request.size_bytes), "storage plugin '" + plan.storage_name + "'"));
  made.push("the volume", [&host, &plan, &request, &partial, source, paths]() -> Result<void> {
    const std::string where = paths.directory();
    JournalScope undo_records(partial, "storage");
    HostCall undo(call_inputs(host, "storage '" + plan.storage_name + "'", storage_settings(plan, request), &undo_records, request));
    Call undo_view = undo.call();
    return plan.storage->destroy(undo_view, Volume{paths.name, source, where, {}, plan.config.idmap});
  });
  LXCX_CHECK(partial.append(create_scope, "source", source));
  return source;
}

/// `partial` has served. Of a volume outside the container's directory it stays, under another name: destroy has to know what create made.
Result<void> finish_records(Kernel& kernel, int directory, const ContainerPaths& paths, const Journal& partial) {
  const std::string* source = partial.last(create_scope, "source");
  if (source == nullptr || source->starts_with(paths.directory() + "/")) return kernel.unlinkat(directory, "partial", 0);
  return kernel.renameat2(directory, "partial", directory, std::string(storage_records).c_str(), 0);
}

/// The configuration with what the template emitted, read back and checked as a whole.
Result<void> finish_config(Host& host, const ContainerPaths& paths, const BuildOutcome& built, Warnings& warnings) {
  if (!built.config_lines.empty()) {
    LXCX_TRY(text, read_file(host.kernel, AT_FDCWD, paths.config().c_str(), largest_config));
    LXCX_TRY(directory, host.kernel.openat(AT_FDCWD, paths.directory().c_str(), O_RDONLY | O_DIRECTORY));
    for (const std::string& line : built.config_lines) {
      const std::size_t equals = line.find('=');
      if (equals == std::string::npos) return fail(Code::plugin, "the template emitted '" + escape_line(line) + "', which is no `key = value`");
      LXCX_TRY(safe, config_line(trim(std::string_view(line).substr(0, equals)), trim(std::string_view(line).substr(equals + 1))));
      text += safe;
    }
    LXCX_CHECK(replace_file(host.kernel, directory.get(), "config", text, 0640));
  }
  LXCX_TRY(config, doing(load_config(paths.config(), host.source, &warnings), "read back the new configuration"));
  (void)config;
  return {};
}

}  // namespace

Result<CreateOutcome> create_container(Host& host, const ContainerPaths& paths, const std::string& default_config, const CreateRequest& request) {
  LXCX_CHECK(check_new_name(paths.name));
  CreateOutcome outcome;
  LXCX_TRY(plan, make_plan(host, paths, default_config, request, outcome.warnings));
  LXCX_TRY(lock, lock_container(host.kernel, host.root, paths));
  LXCX_CHECK(clear_the_way(host, paths));
  // Both serve the undo, and so outlive it.
  UniqueFd directory;
  Journal partial;
  Made made(host.log);
  LXCX_CHECK(make_directory(host, paths, plan.config, made));
  LXCX_TRY(opened, host.kernel.openat(AT_FDCWD, paths.directory().c_str(), O_RDONLY | O_DIRECTORY));
  directory = std::move(opened);
  forget_file(host, made, paths.partial());
  LXCX_TRY(journal, Journal::open(host.kernel, directory.get(), true, "partial"));
  partial = std::move(journal);
  LXCX_TRY(is_ours, partial.lock());
  if (!is_ours) return fail(Code::busy, "'" + paths.name + "' is being created by another process");
  made.push("what is in '" + paths.directory() + "'", [&host, &directory] { return remove_children(host.kernel, directory.get()); });
  if (plan.builder.plugin != nullptr) {
    LXCX_TRY(source, make_volume(host, paths, plan, request, partial, made));
    LXCX_CHECK(go_on(request));
    LXCX_TRY(line, config_line("lxc.rootfs.path", plan.storage_name + ":" + source));
    plan.config_text += line;
    LXCX_CHECK(replace_file(host.kernel, directory.get(), "config", plan.config_text, 0640));
    const BuildRequest build{plan.builder.name,
                             plan.builder.plugin,
                             plan.builder.settings,
                             plan.storage_name,
                             plan.storage,
                             storage_settings(plan, request),
                             source,
                             plan.config,
                             request};
    LXCX_TRY(built, doing(build_rootfs(host, paths, build), "template '" + request.template_ + "'"));
    LXCX_CHECK(finish_config(host, paths, built, outcome.warnings));
    outcome.messages = std::move(built.messages);
  } else {
    LXCX_CHECK(replace_file(host.kernel, directory.get(), "config", plan.config_text, 0640));
    LXCX_CHECK(finish_config(host, paths, {}, outcome.warnings));
  }
  LXCX_CHECK(go_on(request));
  LXCX_CHECK(finish_records(host.kernel, directory.get(), paths, partial));
  made.keep();
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
