// SPDX-License-Identifier: Apache-2.0
// T-n: a template and the root file systems it fills.
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "subject.hpp"
#include "tree.hpp"

namespace lxcx::conformance {

namespace {

using Results = std::vector<std::pair<std::string, std::string>>;

class TemplateBench {
 public:
  TemplateBench(Subject& subject, const std::string& container)
      : subject_(subject),
        template_(core::make_proxy(subject.table<lxcx_template_ops>())),
        container_(container),
        directory_(subject.scratch + "/" + container),
        rootfs_(directory_ + "/rootfs"),
        config_(directory_ + "/config") {
    ::mkdir(directory_.c_str(), 0755);
    ::mkdir(rootfs_.c_str(), 0755);
    write_file(config_, "lxc.uts.name = " + container + "\nlxc.rootfs.path = dir:" + rootfs_ + "\n");
  }
  const std::string& rootfs() const { return rootfs_; }

  Result<Results> build(const std::vector<std::string>& args) {
    return run_verb(subject_, "build", {}, [&](Call& call, core::HostCall& host) -> Result<Results> {
      LXCX_CHECK(template_->build(call, view(args)));
      return host.results;
    });
  }
  Result<Results> options() {
    return run_verb(subject_, "options", {}, [&](Call& call, core::HostCall& host) -> Result<Results> {
      LXCX_CHECK(template_->options(call, view({})));
      return host.results;
    });
  }

 private:
  Build view(const std::vector<std::string>& args) const {
    Build build;
    build.container = container_;
    build.directory = directory_;
    build.rootfs = rootfs_;
    build.config_path = config_;
    build.args.assign(args.begin(), args.end());
    return build;
  }
  Subject& subject_;
  std::unique_ptr<Template> template_;
  std::string container_, directory_, rootfs_, config_;
};

Checked describes_its_options(Subject& subject) {
  TemplateBench bench(subject, "c1");
  const auto before = tree_of(subject.scratch);
  LXCX_TRY(first, worked(subject, bench.options(), "options"));
  LXCX_TRY(second, worked(subject, bench.options(), "a second options"));
  LXCX_CHECK(ensure(first == second, "options says something else the second time"));
  LXCX_CHECK(ensure(std::ranges::any_of(first, [](const auto& each) { return each.first == "option" || each.first == "text"; }),
                    "options emits neither \"option\" nor \"text\""));
  for (const auto& [key, value] : first)
    if (key == "option") LXCX_CHECK(ensure(core::split(value, '\t', true).size() == 3, "an \"option\" is not NAME<TAB>default<TAB>text: " + value));
  const std::string difference = first_difference(before, tree_of(subject.scratch));
  return ensure(difference.empty(), "options touched " + difference);
}

Checked refuses_unknown_arguments(Subject& subject) {
  TemplateBench bench(subject, "c1");
  std::vector<std::string> args = subject.options.template_args;
  args.emplace_back("--lxcx-no-such-argument");
  const Result<Results> built = bench.build(args);
  LXCX_CHECK(ensure(!built, "the unknown argument --lxcx-no-such-argument was ignored"));
  return ensure(tree_of(bench.rootfs()).empty(), "the root file system was touched before the arguments were checked");
}

Checked fills_the_root(Subject& subject) {
  TemplateBench bench(subject, "c1");
  LXCX_TRY(results, worked(subject, bench.build(subject.options.template_args), "build"));
  LXCX_CHECK(ensure(!tree_of(bench.rootfs()).empty(), "the root file system is empty after build"));
  for (const auto& [key, value] : results) {
    LXCX_CHECK(ensure(key == "config" || key == "message", "build emits an unknown \"" + key + "\""));
    if (key == "config")
      LXCX_CHECK(ensure(value.find('=') != std::string::npos && value.find('\n') == std::string::npos,
                        "\"config\" is not one `key = value` line: " + value));
  }
  return {};
}

Checked keeps_to_its_place(Subject& subject) {
  TemplateBench bench(subject, "c1");
  const auto is_inside = [](const std::string& line) { return line.starts_with("c1/") || line.starts_with("c1 "); };
  const auto outside = [&] {
    std::vector<std::string> lines = tree_of(subject.scratch);
    std::erase_if(lines, is_inside);
    return lines;
  };
  const auto before = outside();
  LXCX_CHECK(worked(subject, bench.build(subject.options.template_args), "build"));
  const std::string difference = first_difference(before, outside());
  return ensure(difference.empty(), "build changed something outside its container: " + difference);
}

/// Without sizes: a machine id or a key is another each time.
std::vector<std::string> names_of(const std::string& directory) {
  std::vector<std::string> names = tree_of(directory);
  for (std::string& line : names) line.erase(line.find(" mode "));
  return names;
}

Checked builds_the_same_again(Subject& subject) {
  TemplateBench first(subject, "c1"), second(subject, "c2");
  LXCX_CHECK(worked(subject, first.build(subject.options.template_args), "build"));
  LXCX_CHECK(worked(subject, second.build(subject.options.template_args), "a second build"));
  const std::string difference = first_difference(names_of(first.rootfs()), names_of(second.rootfs()));
  return ensure(difference.empty(), "the second container's files differ: " + difference);
}

Checked honours_cancellation(Subject& subject) {
  TemplateBench bench(subject, "c1");
  subject.cancelled = true;
  const Result<Results> built = bench.build(subject.options.template_args);
  return ensure(built || built.error().code == Code::cancelled,
                built ? "" : "build of a cancelled call fails, and not as `cancelled`: " + built.error().message);
}

constexpr std::array requirements{
    Requirement{"T-1", "options emits what --help shows, the same each time, and touches nothing.", describes_its_options},
    Requirement{"T-2", "An unknown argument is refused (as `usage` by a plugin that reads its arguments itself) before anything is written.",
                refuses_unknown_arguments},
    Requirement{"T-3", "build fills the root; each \"config\" it emits is one `key = value` line.", fills_the_root},
    Requirement{"T-4", "build writes below the container's directory and the root, and nowhere else.", keeps_to_its_place},
    Requirement{"T-5", "Two builds with the same arguments make the same files.", builds_the_same_again},
    Requirement{"T-6", "A cancelled build has finished, or fails as `cancelled`.", honours_cancellation},
};

}  // namespace

std::span<const Requirement> template_requirements() { return requirements; }

}  // namespace lxcx::conformance
