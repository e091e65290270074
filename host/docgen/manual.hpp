// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "lxcx/result.hpp"

namespace lxcx::host {

/// What a page's .TH line says besides its title.
struct PageSource {
  std::string_view version;
  std::string_view date;  ///< 2026-11-25
};

/// man(7) source of a page. `name` is "lxcx" or a command's name. NAME, SYNOPSIS and OPTIONS come from the tables; the Markdown gives the rest:
/// what stands before its first heading is DESCRIPTION, and each `## Heading` a section. Of Markdown it knows paragraphs, `* ` lists (with
/// `* `term`: text` as a definition), fenced code, `code` and **bold**. A line `<!-- commands -->` or `<!-- exit codes -->` stands for that table.
/// Errors: not_found for a name that is no command, usage for Markdown it does not know.
Result<std::string> manual_page(std::string_view name, std::string_view markdown, const PageSource& source);

/// A page that no command's table adds to, of any section of the manual. What stands between the title and the first heading is DESCRIPTION; a table
/// becomes a list. Errors: usage, for Markdown it does not know.
Result<std::string> document_page(std::string_view name, char section, std::string_view summary, std::string_view markdown, const PageSource& source);

}  // namespace lxcx::host
