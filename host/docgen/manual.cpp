// SPDX-License-Identifier: Apache-2.0
#include "host/docgen/manual.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "host/command.hpp"
#include "host/help.hpp"
#include "host/report.hpp"

namespace lxcx::host {
namespace {

/// groff_char(7): a plain - is a hyphen and a leading . or ' a request. UTF-8 is left to the preprocessor (man and mandoc both read it).
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '`')
      out += "\\(ga";
    else if (c == '~')
      out += "\\(ti";
    else if (c == '^')
      out += "\\(ha";
    else
      out += c;
  }
  return out.starts_with('.') ? "\\&" + out : out;
}

/// `code` and **bold** become bold.
std::string inline_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t code = text.find('`'), bold = text.find("**");
    const std::size_t begin = std::min(code, bold);
    const std::string_view mark = code < bold ? "`" : "**";
    const std::size_t end = begin == std::string_view::npos ? begin : text.find(mark, begin + mark.size());
    if (end == std::string_view::npos) return out + escape(text);
    out += escape(text.substr(0, begin)) + "\\fB" + escape(text.substr(begin + mark.size(), end - begin - mark.size())) + "\\fR";
    text.remove_prefix(end + mark.size());
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  return out;
}

std::string tagged(const std::string& tag, std::string_view text) { return ".TP\n\\fB" + escape(tag) + "\\fR\n" + inline_text(text) + '\n'; }

std::string options_section(std::string_view title, std::span<const Option> options, std::span<const Option> hidden) {
  std::string out;
  for (const Option& option : options) {
    if (std::ranges::find(hidden, option.name, &Option::name) != hidden.end()) continue;
    out += tagged(std::string(core::trim(option_heading(option))), option.help);
  }
  return out.empty() ? out : ".SH " + std::string(title) + '\n' + out;
}

std::string table(std::string_view name) {
  std::string out;
  if (name == "commands")
    for (const Command* command : all_commands()) out += tagged("lxcx-" + std::string(command->name) + "(1)", command->summary);
  if (name == "exit codes")
    for (const ExitCode& code : exit_codes) out += tagged(std::to_string(static_cast<int>(code.code)), code.meaning);
  return out;
}

/// Markdown, line by line, to man(7).
class Body {
 public:
  Result<std::string> convert(std::string_view markdown) {
    for (const std::string& line : core::split(markdown, '\n', true)) LXCX_CHECK(take(line));
    if (in_code_) return fail(Code::usage, "a code block is not closed");
    return std::move(out_);
  }

 private:
  Result<void> take(const std::string& line) {
    if (!line.starts_with('|')) in_table_ = false;
    if (line.starts_with("```")) return toggle_code();
    if (in_code_)
      out_ += escape(line) + '\n';
    else if (line.empty())
      between_ = true;
    else if (line.starts_with("# "))
      return {};  // NAME says it
    else if (line.starts_with("## "))
      start_section(line.substr(3));
    else if (line.starts_with("<!-- "))
      return insert_table(line);
    else if (line.starts_with('|'))
      take_row(line);
    else if (line.starts_with('#') || line.starts_with('>'))
      return fail(Code::usage, "Markdown not understood: " + line);
    else if (line.starts_with("* "))
      take_item(line.substr(2));
    else
      take_text(line);
    return {};
  }
  Result<void> toggle_code() {
    in_code_ = !in_code_;
    if (in_code_ && !fresh_) out_ += ".PP\n";
    out_ += in_code_ ? ".in +4n\n.nf\n" : ".fi\n.in\n";
    fresh_ = between_ = false;
    return {};
  }
  void start_section(const std::string& title) {
    out_ += ".SH " + escape(upper(title)) + '\n';
    fresh_ = true;
  }
  Result<void> insert_table(const std::string& line) {
    const std::string rows = table(line.substr(5, line.find(" -->") - 5));
    if (rows.empty()) return fail(Code::usage, "no such table: " + line);
    out_ += rows;
    fresh_ = false;
    return {};
  }
  void take_item(const std::string& text) {
    const std::size_t end = text.find("`: ");
    if (text.starts_with('`') && end != std::string::npos)
      out_ += tagged(text.substr(1, end - 1), text.substr(end + 3));
    else
      out_ += ".IP \\(bu 2\n" + inline_text(text) + '\n';
    fresh_ = between_ = false;
  }
  /// A table becomes a list of its first column: the last one says what it is, those between stand in parentheses before that.
  void take_row(const std::string& line) {
    std::vector<std::string> cells = cells_of(line);
    const bool is_head = !in_table_;
    in_table_ = true;
    if (is_head || cells.size() < 2 || cells.front().starts_with("---")) return;
    std::string between;
    for (std::size_t at = 1; at + 1 < cells.size(); ++at)
      if (!cells[at].empty()) between += (between.empty() ? "" : "; ") + cells[at];
    std::erase(cells.front(), '`');
    out_ += tagged(cells.front(), (between.empty() ? "" : "(" + between + ") ") + cells.back());
    fresh_ = between_ = false;
  }
  static std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells(1);
    for (std::size_t at = 1; at < line.size(); ++at) {
      if (line[at] == '|')
        cells.emplace_back();
      else
        cells.back() += line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '|' ? line[++at] : line[at];
    }
    cells.pop_back();  // behind the last bar
    for (std::string& cell : cells) cell = core::trim(cell);
    return cells;
  }
  void take_text(const std::string& line) {
    if (between_ && !fresh_) out_ += ".PP\n";
    fresh_ = between_ = false;
    out_ += inline_text(core::trim(line)) + '\n';
  }

  std::string out_;
  bool in_code_ = false;
  bool in_table_ = false;
  bool fresh_ = true;     ///< nothing stands in this section yet
  bool between_ = false;  ///< an empty line has been seen, so that text begins a paragraph
};

std::string header(std::string_view title, const PageSource& source, char section = '1') {
  return ".\\\" Made by lxcx-docgen, of the tables of commands and a Markdown page.\n.TH " + upper(title) + ' ' + section + ' ' +
         std::string(source.date) + " \"lxcx " + std::string(source.version) + "\" \"lxcx\"\n";
}

std::string command_head(const Command& command) {
  std::string out = ".SH NAME\nlxcx\\-" + std::string(command.name) + " \\- " + escape(command.summary) + "\n.SH SYNOPSIS\n\\fB" +
                    escape(synopsis(command)) + "\\fR\n";
  for (const Subcommand& sub : command.subcommands)
    out += ".br\n\\fB" + escape("lxcx " + std::string(command.name) + " " + std::string(sub.name) + " " + std::string(sub.operands)) + "\\fR\n";
  return out;
}

}  // namespace

Result<std::string> document_page(std::string_view name, char section, std::string_view summary, std::string_view markdown,
                                  const PageSource& source) {
  const std::size_t title = markdown.starts_with("# ") ? 0 : markdown.find("\n# ");
  if (title == std::string_view::npos) return fail(Code::usage, "the page has no title");
  const std::size_t text = markdown.find('\n', title + 1);
  const std::size_t first_section = std::min(markdown.find("\n## ", text), markdown.size());
  LXCX_TRY(description, Body().convert(markdown.substr(text, first_section - text)));
  LXCX_TRY(rest, Body().convert(markdown.substr(first_section)));
  const std::string described = core::trim(description).empty() ? std::string() : ".SH DESCRIPTION\n" + description;
  return header(name, source, section) + ".SH NAME\n" + escape(name) + " \\- " + escape(summary) + '\n' + described + rest +
         ".SH SEE ALSO\n.BR lxcx (1)\n";
}

Result<std::string> manual_page(std::string_view name, std::string_view markdown, const PageSource& source) {
  const std::size_t first_section = std::min(markdown.find("\n## "), markdown.size());
  LXCX_TRY(description, Body().convert(markdown.substr(0, first_section)));
  LXCX_TRY(rest, Body().convert(markdown.substr(first_section)));
  const std::string options = options_section("OPTIONS OF EVERY COMMAND", global_options(), {});
  if (name == "lxcx") {
    return header("lxcx", source) + ".SH NAME\nlxcx \\- run Linux system containers\n.SH SYNOPSIS\n\\fB" +
           escape("lxcx [options] COMMAND [options] [NAME] [-- CMD…]") + "\\fR\n.SH DESCRIPTION\n" + description + options + rest;
  }
  LXCX_TRY(command, find_command(name));
  const std::string own = options_section("OPTIONS", command->options, {});
  return header("lxcx-" + std::string(name), source) + command_head(*command) + ".SH DESCRIPTION\n" + description + own +
         options_section("OPTIONS OF EVERY COMMAND", global_options(), command->options) + rest + ".SH SEE ALSO\n.BR lxcx (1)\n";
}

}  // namespace lxcx::host
