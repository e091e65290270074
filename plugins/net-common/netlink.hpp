// SPDX-License-Identifier: Apache-2.0
// rtnetlink(7): one request, one answer, and an error that says what the kernel said.
#pragma once
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::net {

/// A request being written. All that goes in is bounded (names, addresses, one VLAN), so that it always fits.
class Message {
 public:
  /// `type` is RTM_…; `flags` are NLM_F_…, NLM_F_REQUEST is added.
  Message(unsigned type, unsigned flags);

  /// Appends the family's fixed header (ifinfomsg, ifaddrmsg, …), zeroed.
  template <class Header>
  Header& header() {
    return *static_cast<Header*>(mnl_nlmsg_put_extra_header(raw(), sizeof(Header)));
  }
  void put(unsigned attribute, std::string_view text);  ///< with a terminating NUL
  void put_bytes(unsigned attribute, const void* bytes, std::size_t size);
  void put_u8(unsigned attribute, std::uint8_t value);
  void put_u32(unsigned attribute, std::uint32_t value);

  /// Opens a nested attribute, which ends with the object's life.
  class Nest {
   public:
    Nest(Message& message, unsigned attribute);
    ~Nest();
    Nest(const Nest&) = delete;
    Nest& operator=(const Nest&) = delete;

   private:
    Message& message_;
    nlattr* start_;
  };

  nlmsghdr* raw() { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }

 private:
  alignas(nlmsghdr) std::array<std::byte, 2048> bytes_{};
};

/// One message of an answer, or what is nested in one attribute.
class Attributes {
 public:
  Attributes(const void* begin, std::size_t size) : begin_(static_cast<const char*>(begin)), size_(size) {}
  /// The attribute, or nullptr.
  const nlattr* find(unsigned type) const;
  std::string text(unsigned type) const;
  std::uint32_t u32(unsigned type, std::uint32_t fallback = 0) const;
  Attributes nested(unsigned type) const;

 private:
  const char* begin_;
  std::size_t size_;
};

class Reply {
 public:
  explicit Reply(const nlmsghdr* message);
  const nlmsghdr* raw() const { return reinterpret_cast<const nlmsghdr*>(bytes_.data()); }
  template <class Header>
  const Header& header() const {
    return *static_cast<const Header*>(mnl_nlmsg_get_payload(raw()));
  }
  /// The attributes behind a header of `header_size` bytes.
  Attributes attributes(std::size_t header_size) const;

 private:
  std::vector<std::byte> bytes_;
};

/// A socket of one network namespace: it stays that namespace's wherever its thread goes. Not for two threads at once.
class Netlink {
 public:
  /// In the thread's own namespace.
  static Result<Netlink> open();
  /// In the namespace of `netns_fd`; the thread is back in its own when this returns.
  static Result<Netlink> open_in(int netns_fd);

  /// Sends a request and waits for its acknowledgement. `what` names call and object: "RTM_NEWLINK veth 'vethA1b2C3'".
  Result<void> request(Message& message, std::string_view what);
  /// Sends a query, or a dump when the message has NLM_F_DUMP, and collects the answer.
  Result<std::vector<Reply>> query(Message& message, std::string_view what);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  explicit Netlink(mnl_socket* socket) : socket_(socket) {}
  Result<void> exchange(Message& message, std::string_view what, std::vector<Reply>& replies, bool& interrupted);

  std::unique_ptr<mnl_socket, Close> socket_;
  unsigned sequence_ = 0;
};

}  // namespace lxcx::net
