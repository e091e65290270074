// SPDX-License-Identifier: Apache-2.0
// One library per defect: what the loader says of it, and that it says what to do.
#include <elf.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "core/plugin/host_call.hpp"
#include "registry_under_test.hpp"

namespace lxcx::core {

namespace {

struct Defect {
  const char* library;
  const char* message;
  const char* hint;
};

Error load_error(const RegistryUnderTest& registry) {
  Plugins plugins = registry.plugins();
  const Result<Storage*> loaded = plugins.storage("sample");
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Code::plugin);
  REQUIRE_FALSE(loaded.error().context.empty());
  CHECK(loaded.error().context.back() == "load storage plugin 'sample'");
  return loaded.error();
}

void patch(const std::string& path, std::streamoff at, std::uint16_t value) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file.write(reinterpret_cast<const char*>(&value), sizeof value);
  REQUIRE(file.good());
}

}  // namespace

TEST_CASE("a library with a defect is refused with a message that names it, and a hint", "[bad-plugins]") {
  const Defect defect =
      GENERATE(Defect{"no-descriptor", "is no lxcx plugin: it does not export 'lxcx_plugin'", "LXCX_PLUGIN("},
               Defect{"other-major", "plugin interface 2.0, this lxcx offers 1.0 (the major versions differ)", "upgrade lxcx"},
               Defect{"newer-minor", "plugin interface 1.9, this lxcx offers 1.0 (the plugin's is newer)", "upgrade lxcx, or rebuild the plugin"},
               Defect{"short-descriptor", "its descriptor is 8 bytes, expected at least 56", "rebuild"},
               Defect{"null-verb", "its table lacks the verb detach, which every storage plugin has", "rebuild"},
               Defect{"short-table", "its table lacks the verb detach, which every storage plugin has", "rebuild"},
               Defect{"other-name", "name: the manifest says 'sample', the library 'simple'; version: the manifest says '1.0.0', the library '2.0.0'",
                      "install the manifest"},
               Defect{"undefined-symbol", "undefined symbol: lxcx_test_nobody_defines_this", "rebuild it here"});
  CAPTURE(defect.library);
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string library = registry.library(defect.library);
  const Error error = load_error(registry);
  CAPTURE(error.message, error.hint);
  CHECK(contains(error.message, defect.message));
  CHECK(contains(error.message, library));
  CHECK(contains(error.hint, defect.hint));
}

TEST_CASE("a library of another kind than its manifest is refused", "[bad-plugins]") {
  // Its table is no network table; whichever of the two is noticed first, nothing of it is called.
  const RegistryUnderTest registry;
  registry.manifest();
  registry.library("other-kind");
  const Error error = load_error(registry);
  CHECK(contains(error.message, "kind: the manifest says 'storage', the library 'network'"));
}

TEST_CASE("a manifest for another interface is refused before its library is touched", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest("\"1.0\"", "\"2.0\"");
  registry.library("constructor-aborts");  // would end this process
  const Error error = load_error(registry);
  CHECK(contains(error.message, "storage-sample.json': plugin interface 2.0, this lxcx offers 1.0"));
}

TEST_CASE("a manifest that promises a verb which the library lacks is refused", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest("\"license\"", "\"capabilities\": [\"snapshot\", \"usage\"], \"license\"");
  registry.library("good");
  CHECK(contains(load_error(registry).message, "capabilities: the manifest says 'snapshot', the library has no verb 'snapshot'"));
}

TEST_CASE("a missing library is told with the places where it was looked for", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest();
  const Error error = load_error(registry);
  CHECK(contains(error.message, registry.libraries() + "/sample.so nor at " + registry.manifests() + "/sample.so"));
  CHECK_FALSE(error.hint.empty());
}

TEST_CASE("a file that is no library for this machine is refused before it is mapped", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string library = registry.library("constructor-aborts");
  std::string expected;
  SECTION("not an ELF file") {
    registry.write(library, "#!/bin/sh\nexit 0\n");
    expected = "it is not an ELF file";
  }
  SECTION("empty") {
    registry.write(library, "");
    expected = "the file is empty";
  }
  SECTION("truncated within its header") {
    std::filesystem::resize_file(library, 20);
    expected = "it is truncated: its ELF header is not complete";
  }
  SECTION("truncated within its segments") {
    std::filesystem::resize_file(library, 5000);
    expected = "it is truncated: 5000 bytes, but its segments need ";
  }
  SECTION("another architecture") {
    patch(library, offsetof(Elf64_Ehdr, e_machine), EM_MIPS);
    expected = ", found mips";
  }
  SECTION("another word size") {
    patch(library, EI_CLASS, ELFCLASS32 | (ELFDATA2LSB << 8));
    expected = "expected a 64-bit library, found a 32-bit one";
  }
  SECTION("a program") {
    patch(library, offsetof(Elf64_Ehdr, e_type), ET_EXEC);
    expected = "it is not a shared object";
  }
  const Error error = load_error(registry);
  CAPTURE(error.message);
  CHECK(contains(error.message, expected));
  CHECK(contains(error.message, library));
  CHECK_FALSE(error.hint.empty());
}

TEST_CASE("listing never loads: a library whose constructor aborts is listed like any other", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest();
  registry.library("constructor-aborts");
  Plugins plugins = registry.plugins();
  const std::vector<RegistryEntry> entries = plugins.list();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].state == "active");
  CHECK(entries[0].manifest.summary == "A sample");
  CHECK(plugins.find(Kind::storage, "sample"));
}

TEST_CASE("a constructor that aborts ends the process, which says whose it was", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string library = registry.library("constructor-aborts");
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);  // the test runner's own
    ::dup2(ends[1], STDERR_FILENO);
    Plugins plugins = registry.plugins();
    (void)plugins.storage("sample");
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string words(4096, '\0');
  const ssize_t size = ::read(ends[0], words.data(), words.size());
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
  REQUIRE(size > 0);
  CHECK(words.starts_with("lxcx: library '" + library + "' crashed this process while it was loaded\n"));
  CHECK(contains(words, "lxcx plugin check"));
}

TEST_CASE("check_library survives a constructor that aborts, and says so", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest();
  const std::string library = registry.library("constructor-aborts");
  const Result<std::string> checked = registry.plugins().check_library(library);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == Code::plugin);
  CHECK(contains(checked.error().message, "the process that loaded it was ended by signal 6"));
}

TEST_CASE("check_library says what a good plugin is", "[bad-plugins]") {
  const RegistryUnderTest registry;
  const std::string library = registry.library("good");
  const Result<std::string> alone = registry.plugins().check_library(library);
  REQUIRE(alone);
  CHECK(contains(*alone, "storage plugin 'sample' 1.0.0, plugin interface 1.0"));
  CHECK(contains(*alone, "has no manifest beside it"));
  std::filesystem::rename(registry.manifest(), registry.manifests() + "/sample.json");
  const Result<std::string> with_manifest = registry.plugins().check_library(library);
  REQUIRE(with_manifest);
  CHECK(contains(*with_manifest, "agrees with its manifest"));
}

TEST_CASE("an exception that escapes a verb becomes an error", "[bad-plugins]") {
  const RegistryUnderTest registry;
  registry.manifest();
  registry.library("throws");
  Plugins plugins = registry.plugins();
  const Result<Storage*> storage = plugins.storage("sample");
  REQUIRE(storage);
  HostCall host(HostCall::Inputs{});
  Call call = host.call();
  const Result<std::string> created = (*storage)->create(call, {}, 0);
  REQUIRE_FALSE(created);
  CHECK(created.error().code == Code::plugin);
  CHECK(created.error().message == "thrown in create");
  const Result<void> destroyed = (*storage)->destroy(call, {});
  REQUIRE_FALSE(destroyed);
  CHECK(destroyed.error().code == Code::plugin);
}

}  // namespace lxcx::core
