// SPDX-License-Identifier: Apache-2.0
// A C++ plugin whose verbs let exceptions escape.
#include <stdexcept>

#include "lxcx/plugin.hpp"

namespace {
using namespace lxcx;

class Throws final : public Storage {
 public:
  Result<std::string> create(Call&, const Volume&, std::uint64_t) override { throw std::runtime_error("thrown in create"); }
  Result<void> destroy(Call&, const Volume&) override { throw 42; }
  Result<int> attach(Call&, const Volume&) override { return fail(Code::unsupported, "no"); }
  Result<void> detach(Call&, const Volume&) override { return {}; }
};

}  // namespace

LXCX_PLUGIN(storage, Throws, "sample", "1.0.0", "A sample", "Apache-2.0");
