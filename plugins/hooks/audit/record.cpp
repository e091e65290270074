// SPDX-License-Identifier: Apache-2.0
#include "record.hpp"

#include <cstdio>

namespace lxcx::audit {
namespace {

/// The length of the UTF-8 sequence at the start of `bytes`, 0 when there is none (RFC 3629: no overlong form, no surrogate, at most U+10FFFF).
std::size_t utf8_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool is_bad = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f);
    return !is_bad && continues(1) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool is_bad = (lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f);
    return !is_bad && continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

void append_control(std::string& text, unsigned char byte) {
  char escape[8];
  std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(byte));
  text += escape;
}

}  // namespace

std::string json_string(std::string_view bytes) {
  std::string text = "\"";
  while (!bytes.empty()) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    const std::size_t length = utf8_length(bytes);
    if (length == 0)
      text += "\\ufffd";
    else if (byte == '"' || byte == '\\')
      (text += '\\') += bytes.front();
    else if (byte < 0x20 || byte == 0x7f)
      append_control(text, byte);
    else
      text += bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text + '"';
}

std::string json_time(const timespec& time) {
  tm utc{};
  gmtime_r(&time.tv_sec, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                utc.tm_sec, time.tv_nsec / 1'000'000);
  return text;
}

std::string record(const Event& event, const timespec& time) {
  std::string line = "{\"time\":\"" + json_time(time) + '"';
  const auto add_text = [&line](std::string_view name, std::string_view value) {
    if (!value.empty()) ((((line += ",\"") += name) += "\":") += json_string(value));
  };
  const auto add_number = [&line](std::string_view name, std::int64_t value) { (((line += ",\"") += name) += "\":") += std::to_string(value); };
  const bool is_device = event.section == "net";
  add_text("container", event.container);
  add_text("lxcpath", event.lxcpath);
  add_text("event", (is_device ? "net-" : "") + std::string(event.name));
  if (event.pid > 0) add_number("pid", event.pid);
  add_text("target", event.target);
  if (is_device) add_number("nic", event.nic_index);
  return line + "}\n";
}

}  // namespace lxcx::audit
