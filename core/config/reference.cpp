// SPDX-License-Identifier: Apache-2.0
#include "core/config/reference.hpp"

#include <array>

#include "core/config/parse.hpp"

namespace lxcx::core {
namespace {

constexpr std::string_view introduction = R"(<!-- Written from the key table in core/config/keys.cpp by `ninja configuration-docs`; do not edit. -->
# Configuration of a container

`<lxcpath>/<name>/config`, in the format and with the keys of LXC. `lxcx config check` tells everything that is wrong with a file at once, with
the line, the column and what to do; `lxcx config keys` prints the table below.

## Format

* One `key = value` on a line, cut at the first `=`; blanks around both are not theirs. Nothing continues a line, and nothing is expanded in a value.
* A `#` that comes first makes the line a comment. Later in a line it is a part of the value.
* One pair of equal quotes, `'` or `"`, around a whole value is taken off; there are no escapes. A value cannot have a line break or a NUL byte.
* A later line replaces an earlier one, or adds to it where the key is a list; an empty value goes back to the default, or clears the list.
* A line that begins with neither `lxc.` nor `lxcx.` is skipped.
* An unknown key is an error. Names from before LXC 2.1 are understood, with a warning that says the new name.
* `lxc.include` reads a file in place, or all files `*.conf` of a directory in the order of their names. A directory written with a `/` at its end
  may be missing. Includes are read at most 32 deep, and a file that includes itself is an error.

| type | is |
|---|---|
| number | decimal, `0x…` or `0…` |
| size | a number, and `KB`, `MB` or `GB` (x 1024) after it, or bytes |
| signal | a number, `SIGTERM` and its like, `SIGRTMIN+N`, `SIGRTMAX-N` |
| capabilities | names of capabilities(7), in lower case and without `CAP_`, or numbers; blanks between them |
| namespaces | `user mnt pid uts ipc net cgroup time`, blanks between them |
| size or auto | a size, rounded up to a power of two of at least a page; `auto` is 131072 |
)";

struct Section {
  std::string_view first_key, title;
};
constexpr std::array sections{
    Section{"lxc.include", "Files"},
    Section{"lxc.arch", "Architecture, name, init"},
    Section{"lxc.signal.halt", "Signals, autostart, monitor"},
    Section{"lxc.console.path", "Console, terminals, /dev"},
    Section{"lxc.mount.fstab", "Mounts and the root file system"},
    Section{"lxc.cgroup.dir", "Control groups"},
    Section{"lxc.cap.drop", "Capabilities"},
    Section{"lxc.namespace.clone", "Namespaces, ids, time"},
    Section{"lxc.prlimit", "Limits, kernel parameters, /proc"},
    Section{"lxc.apparmor.profile", "Security"},
    Section{"lxc.hook", "Hooks"},
    Section{"lxc.log.level", "Log"},
    Section{"lxc.net", "Network devices"},
    Section{"lxcx.storage.", "Plugins"},
};

/// Text for a cell of a table.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string code(std::string_view text) { return text.empty() ? std::string() : "`" + cell(text) + "`"; }

std::string row(const KeyInfo& key) {
  const std::string name = std::string(key.name) + (key.name.ends_with('.') ? "*" : "");
  const std::string old_name = std::string(key.old_name) + (key.old_name.ends_with('.') ? "*" : "");
  return "| " + code(name) + " | " + cell(key.type) + " | " + cell(key.default_value) + " | " + cell(key.doc) +
         (old_name.empty() ? "" : " Before 2.1: " + code(old_name) + ".") + " |\n";
}

}  // namespace

std::string configuration_reference() {
  std::string text(introduction);
  const auto* section = sections.begin();
  for (const KeyInfo& key : config_keys()) {
    if (section != sections.end() && key.name == section->first_key) {
      text += "\n## " + std::string(section->title) + "\n\n| key | type | default | meaning |\n|---|---|---|---|\n";
      ++section;
    }
    text += row(key);
  }
  return text;
}

}  // namespace lxcx::core
