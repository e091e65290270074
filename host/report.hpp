// SPDX-License-Identifier: Apache-2.0
// The one place that turns an Error into what a user or a program reads. docs/errors.md documents the codes, docs/json.md the JSON.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "lxcx/result.hpp"

namespace lxcx::host {

struct ExitCode {
  Code code;
  std::string_view name;     ///< "not-found", in JSON
  std::string_view meaning;  ///< as docs/errors.md has it
};

constexpr std::array<ExitCode, 13> exit_codes{{
    {Code::usage, "usage", "the command line is wrong: unknown command or option, missing name, impossible value"},
    {Code::not_found, "not-found", "no such container, plugin, file, bridge, …"},
    {Code::busy, "busy", "it exists already, is running, or is in use"},
    {Code::denied, "denied", "permission is missing"},
    {Code::unsupported, "unsupported", "this backend, kernel or version cannot do it"},
    {Code::kernel, "kernel", "a system call failed; errno says how"},
    {Code::plugin, "plugin", "a plugin is unusable or misbehaved"},
    {Code::internal, "internal", "a bug in lxcx; please report it"},
    {Code::config, "config", "the configuration is invalid"},
    {Code::not_running, "not-running", "the container does not run"},
    {Code::timeout, "timeout", "what was waited for did not happen in time"},
    {Code::hook, "hook", "a hook said no"},
    {Code::cancelled, "cancelled", "the user or a deadline gave up"},
}};

std::string_view code_name(Code code);
constexpr int exit_status(const Error& error) { return static_cast<int>(error.code); }

/// "OUTERMOST CONTEXT: …: INNERMOST: MESSAGE: STRERROR", as it is: not yet made fit for a terminal.
std::string message_text(const Error& error);

/// Several lines, each ended by \n:
///   PROGRAM: MESSAGE-TEXT
///     FILE:LINE:COLUMN: DETAILS          (details of several lines stand below, indented)
///     hint: HINT
std::string error_text(const Error& error, std::string_view program = "lxcx");

/// One line: {"schema":1,"error":{…}}
std::string error_json(const Error& error);

}  // namespace lxcx::host
