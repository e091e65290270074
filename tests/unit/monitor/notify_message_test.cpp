// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/notify_message.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lxcx::core::notify;

namespace {

constexpr seccomp_notif_sizes sizes{sizeof(seccomp_notif), sizeof(seccomp_notif_resp), sizeof(seccomp_data)};

struct Message {
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(max_message, 0xee);
  explicit Message(const std::string& cookie, std::uint64_t id = 7) {
    seccomp_notif request = {};
    request.id = id;
    request.pid = 1234;
    request.data.nr = 133;
    std::vector<std::uint8_t> kernel(max_struct);
    std::memcpy(kernel.data(), &request, sizeof request);
    const Header header{0, 11, 22, sizes.seccomp_notif, sizes.seccomp_notif_resp, sizes.seccomp_data, cookie.size()};
    bytes.resize(put_message(bytes.data(), header, kernel.data(), cookie.data()));
  }
  template <class T>
  T at(std::size_t offset) const {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
  }
};

bool is_answer(const std::vector<std::uint8_t>& bytes, std::uint64_t id) {
  seccomp_notif_resp response;
  return parse_answer(bytes.data(), bytes.size(), sizes, id, response);
}

}  // namespace

TEST_CASE("a message to the proxy is laid out as LXC's", "[notify]") {
  const Message message("the cookie");
  REQUIRE(message.bytes.size() == 32 + 80 + 24 + 10);
  CHECK(message.at<std::uint64_t>(0) == 0);
  CHECK(message.at<std::int32_t>(8) == 11);
  CHECK(message.at<std::int32_t>(12) == 22);
  CHECK(message.at<std::uint16_t>(16) == 80);
  CHECK(message.at<std::uint16_t>(18) == 24);
  CHECK(message.at<std::uint16_t>(20) == 64);
  CHECK(message.at<std::uint64_t>(24) == 10);
  CHECK(message.at<std::uint64_t>(32) == 7);      // the request's id
  CHECK(message.at<std::uint32_t>(40) == 1234);   // its pid
  CHECK(message.at<std::int32_t>(48) == 133);     // its system call
  CHECK(message.at<std::uint64_t>(112) == 7);     // the response's id; the rest is for the proxy to fill in
  CHECK(message.at<std::uint64_t>(120) == 0);
  CHECK(message.at<std::uint64_t>(128) == 0);
  CHECK(std::string(message.bytes.end() - 10, message.bytes.end()) == "the cookie");
}

TEST_CASE("without a cookie a message ends with the response", "[notify]") { CHECK(Message("").bytes.size() == answer_size(sizes)); }

TEST_CASE("an answer is the same parts, with or without the cookie", "[notify]") {
  Message message("cookie");
  const seccomp_notif_resp said{7, 42, -1, SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  std::memcpy(message.bytes.data() + 112, &said, sizeof said);
  seccomp_notif_resp heard = {};
  REQUIRE(parse_answer(message.bytes.data(), message.bytes.size(), sizes, 7, heard));
  CHECK(heard.val == 42);
  CHECK(heard.error == -1);
  CHECK(heard.flags == SECCOMP_USER_NOTIF_FLAG_CONTINUE);
  message.bytes.resize(answer_size(sizes));
  CHECK(is_answer(message.bytes, 7));
}

TEST_CASE("what is too short, or about another request, is no answer", "[notify]") {
  Message message("");
  CHECK_FALSE(is_answer(message.bytes, 8));
  message.bytes.pop_back();
  CHECK_FALSE(is_answer(message.bytes, 7));
  CHECK_FALSE(is_answer({}, 7));
}

TEST_CASE("a kernel whose structs are larger than the buffers is not served", "[notify]") {
  CHECK(are_usable(sizes));
  CHECK(are_usable({max_struct, max_struct, 200}));
  CHECK_FALSE(are_usable({max_struct + 1, 24, 64}));
  CHECK_FALSE(are_usable({80, max_struct + 1, 64}));
  CHECK_FALSE(are_usable({79, 24, 64}));
}

TEST_CASE("the default answer is ENOSYS", "[notify]") {
  const seccomp_notif_resp response = default_answer(9);
  CHECK(response.id == 9);
  CHECK(response.error == -ENOSYS);
  CHECK(response.flags == 0);
}
