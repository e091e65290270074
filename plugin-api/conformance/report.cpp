// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lxcx::conformance {

namespace {

std::string_view verdict_name(Verdict verdict) { return verdict == Verdict::passed ? "passed" : verdict == Verdict::skipped ? "skipped" : "failed"; }

std::size_t count(const std::vector<Finding>& findings, Verdict verdict) {
  return static_cast<std::size_t>(std::ranges::count(findings, verdict, &Finding::verdict));
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

std::string text_report(const Subject& subject, const std::vector<Finding>& findings) {
  const core::Manifest& manifest = *subject.manifest;
  std::string text =
      std::string(core::kind_name(manifest.kind)) + " plugin '" + manifest.name + "' " + manifest.version + "  " + subject.options.library + "\n";
  for (const Finding& each : findings) {
    text += "  " + padded(each.id, 7) + padded(std::string(verdict_name(each.verdict)), 9) +
            (each.verdict == Verdict::passed ? each.text : each.why) + "\n";
    if (each.verdict == Verdict::failed) text += "         " + std::string("promised: ") + each.text + "\n";
  }
  return text + std::to_string(count(findings, Verdict::passed)) + " passed, " + std::to_string(count(findings, Verdict::skipped)) + " skipped, " +
         std::to_string(count(findings, Verdict::failed)) + " failed\n";
}

std::string json_report(const Subject& subject, const std::vector<Finding>& findings) {
  nlohmann::ordered_json json;
  json["library"] = subject.options.library;
  json["manifest"] = subject.options.manifest_path;
  json["kind"] = core::kind_name(subject.manifest->kind);
  json["name"] = subject.manifest->name;
  json["version"] = subject.manifest->version;
  for (const Verdict verdict : {Verdict::passed, Verdict::skipped, Verdict::failed})
    json[std::string(verdict_name(verdict))] = count(findings, verdict);
  json["requirements"] = nlohmann::ordered_json::array();
  for (const Finding& each : findings)
    json["requirements"].push_back({{"id", each.id}, {"text", each.text}, {"verdict", verdict_name(each.verdict)}, {"why", each.why}});
  // A plugin's message may hold bytes that are no UTF-8.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string requirement_table(const std::vector<Requirement>& requirements) {
  std::string table;
  for (const Requirement& each : requirements) table += std::string("| ") + each.id + " | " + each.text + " |\n";
  return table;
}

}  // namespace lxcx::conformance
