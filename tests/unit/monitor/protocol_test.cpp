// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/protocol.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lxcx::core::control;

namespace {

std::vector<std::uint8_t> encoded(const Request& request) {
  std::vector<std::uint8_t> frame(max_request);
  frame.resize(encode_request(request, frame.data()));
  return frame;
}

Defect defect_of(const std::vector<std::uint8_t>& frame) {
  Request request;
  return parse_request(frame.data(), frame.size(), request);
}

}  // namespace

TEST_CASE("a frame is what the document says, byte for byte", "[protocol]") {
  Request request;
  request.type = Type::allocate_tty;
  request.tty = -1;
  CHECK(encoded(request) == std::vector<std::uint8_t>{'L', 'X', 'C', 'X', 1, 0, 2, 0, 4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff});
}

TEST_CASE("every request comes back as it was sent", "[protocol]") {
  const Request sent = GENERATE(Request{}, Request{Type::allocate_tty, -1}, Request{Type::allocate_tty, 7}, Request{Type::init_pidfd},
                                Request{Type::read_console_buffer, 0, 0x0123456789abcdef}, Request{Type::clear_console_buffer, 0, UINT64_MAX},
                                Request{Type::resize_console, 0, 0, 24, 80}, Request{Type::add_listener});
  const std::vector<std::uint8_t> frame = encoded(sent);
  Request got;
  REQUIRE(parse_request(frame.data(), frame.size(), got) == Defect::none);
  CHECK(got == sent);
}

TEST_CASE("each defect of a frame has its name", "[protocol]") {
  using Bytes = std::vector<std::uint8_t>;
  struct Case {
    const char* what;
    void (*spoil)(Bytes&);
    Defect defect;
  };
  const Case spoilt = GENERATE(
      Case{"nothing", [](Bytes& frame) { frame.clear(); }, Defect::too_short},
      Case{"part of a header", [](Bytes& frame) { frame.resize(header_size - 1); }, Defect::too_short},
      Case{"magic", [](Bytes& frame) { frame[0] ^= 1; }, Defect::bad_magic}, Case{"version", [](Bytes& frame) { frame[4] = 2; }, Defect::bad_version},
      Case{"type 0", [](Bytes& frame) { frame[6] = 0; }, Defect::unknown_type},
      Case{"type 8", [](Bytes& frame) { frame[6] = 8; }, Defect::unknown_type},
      Case{"an answer is no request", [](Bytes& frame) { frame[7] = 0x80; }, Defect::unknown_type},
      Case{"a byte less than announced", [](Bytes& frame) { frame.pop_back(); }, Defect::bad_length},
      Case{"a byte more than announced", [](Bytes& frame) { frame.push_back(0); }, Defect::bad_length},
      Case{"a huge length", [](Bytes& frame) { frame[11] = 0xff; }, Defect::bad_length},
      Case{"a payload that ping does not have", [](Bytes& frame) { frame[6] = 1; }, Defect::bad_payload},
      Case{"tty -2", [](Bytes& frame) { put32(frame.data() + header_size, static_cast<std::uint32_t>(-2)); }, Defect::bad_payload},
      Case{"longer than a frame may be", [](Bytes& frame) { frame.resize(max_frame + 1); }, Defect::too_long});
  CAPTURE(spoilt.what);
  Bytes frame = encoded(Request{Type::allocate_tty, 1});
  spoilt.spoil(frame);
  CHECK(defect_of(frame) == spoilt.defect);
}

TEST_CASE("an error's text is cut to the frame", "[protocol]") {
  std::vector<std::uint8_t> frame(max_frame);
  const std::size_t size = encode_error(4, std::string(10000, 'x').c_str(), frame.data());
  CHECK(size == max_frame);
  Frame got;
  REQUIRE(parse_frame(frame.data(), size, got) == Defect::none);
  CHECK(got.type == error_type);
  CHECK(get32(got.payload) == 4);
}
