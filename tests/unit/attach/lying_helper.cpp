// SPDX-License-Identifier: Apache-2.0
// In place of lxcx-enter, as if a tracer inside spoke for it: says that the command is a process which is no child of attach's, attach itself.
#include <unistd.h>

#include <cstdlib>

#include "core/attach/enter/plan.hpp"

int main(int count, char** arguments) {
  using namespace lxcx::enter;
  Plan plan = {};
  if (count != 2 || ::pread(std::atoi(arguments[1]), &plan, sizeof plan, 0) != sizeof plan) return 2;
  Frame frame = {};
  frame.magic = plan_magic;
  frame.kind = FrameKind::started;
  frame.value = ::getppid();
  return ::write(plan.status_fd, &frame, sizeof frame) == sizeof frame ? 0 : 2;
}
