// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/protocol.hpp"

#include <catch2/catch.hpp>

using namespace lxcx;
using namespace lxcx::net::service;
using Catch::Matchers::Contains;

namespace {
const Request create{Verb::create, 3, "lxcbr0", "web", {}};

Error refused(std::span<const std::uint8_t> bytes) {
  const auto request = decode_request(bytes);
  REQUIRE_FALSE(request);
  return request.error();
}
}  // namespace

TEST_CASE("a request arrives as it was sent", "[net][service]") {
  for (const Request& request : {create, Request{Verb::check, 0, "", std::string(200, 'x'), {}}, Request{Verb::remove, 0, {}, {}, "veth1000_aaaa"}})
    CHECK(decode_request(encode(request)).value() == request);
}

TEST_CASE("a request of another size is refused", "[net][service]") {
  const RequestFrame frame = encode(create);
  CHECK(refused({}).code == Code::usage);
  CHECK(refused(std::span(frame).first(request_size - 1)).code == Code::usage);
  const std::array<std::uint8_t, request_size + 1> longer{};
  CHECK(refused(longer).code == Code::usage);
}

TEST_CASE("a request of another version is refused by name", "[net][service]") {
  RequestFrame frame = encode(create);
  frame[4] = 2;
  const Error error = refused(frame);
  CHECK(error.code == Code::unsupported);
  CHECK_THAT(error.message, Contains("version 2"));
}

TEST_CASE("any byte out of place is refused", "[net][service]") {
  const std::size_t at = GENERATE(0U, 3U, 7U, 12U, 31U, 47U, 254U, 255U);
  RequestFrame frame = encode(create);
  frame[at] ^= 0x80;
  CAPTURE(at);
  CHECK(refused(frame).code == Code::usage);
}

TEST_CASE("what no request says is refused, before it is sent and after", "[net][service]") {
  const Request request =
      GENERATE(Request{Verb::create, 0, "br", "", {}}, Request{Verb::create, 0, "a/b", "web", {}}, Request{Verb::create, 0, "none", "web", {}},
               Request{Verb::create, 0, "br", "web", "veth0"}, Request{Verb::check, 0, "br", "a\nb", {}}, Request{Verb::remove, 0, {}, {}, ""},
               Request{Verb::remove, 0, "br", {}, "veth0"}, Request{Verb::remove, 1, {}, {}, "veth0"}, Request{Verb::remove, 0, {}, "web", "veth0"},
               Request{Verb::remove, 0, {}, {}, "all"});
  CHECK_FALSE(check_request(request));
  CHECK_FALSE(decode_request(encode(request)));
}

TEST_CASE("a text that would be cut is not sent", "[net][service]") {
  CHECK_FALSE(check_request({Verb::create, 0, "br", std::string(208, 'x'), {}}));
  CHECK_FALSE(check_request({Verb::create, 0, "sixteen-letters-", "web", {}}));
}

TEST_CASE("a reply arrives as it was sent", "[net][service]") {
  const Made made{"veth1000_aaaa", {0xfe, 1, 2, 3, 4, 5}, 17};
  CHECK(decode_reply(encode(Result<Made>(made))).value() == made);
  Error error{Code::denied, 13, "quota reached", "stop one", {"inner", "outer"}, {}, {}};
  const auto got = decode_reply(encode(Result<Made>(std::unexpected(error))));
  REQUIRE_FALSE(got);
  CHECK(got.error().code == Code::denied);
  CHECK(got.error().sys_errno == 13);
  CHECK(got.error().message == "outer: inner: quota reached");
  CHECK(got.error().hint == "stop one");
}

TEST_CASE("an error that does not fit is cut", "[net][service]") {
  const auto got = decode_reply(encode(Result<Made>(fail(Code::kernel, std::string(5000, 'm'), std::string(5000, 'h')))));
  REQUIRE_FALSE(got);
  CHECK(got.error().message.size() < reply_size);
  CHECK(got.error().hint.find_first_not_of('h') == std::string::npos);
}

TEST_CASE("what is no reply is refused", "[net][service]") {
  ReplyFrame frame = encode(Result<Made>(Made{}));
  CHECK(decode_reply(std::span(frame).first(20)).error().code == Code::unsupported);
  frame[0] ^= 1;
  CHECK(decode_reply(frame).error().code == Code::unsupported);
}
