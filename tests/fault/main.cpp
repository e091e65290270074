// SPDX-License-Identifier: Apache-2.0
// lxcx whose n-th kernel call fails, counted over all processes of the run.
//
//   LXCX_FAULT_NTH=n          which call; 0 or unset: none, calls are only counted
//   LXCX_FAULT_ERRNO=number   what it fails with; "kill": the process dies by SIGKILL instead of making the call
//   LXCX_FAULT_RECORD=file    where the count is kept; `lxcx-faulty --fault-report` prints "CALLS FAILED-CALL|-" from it
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "core/kernel/faulty_kernel.hpp"
#include "host/run.hpp"

namespace {

long number_of(const char* variable, long otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtol(text, nullptr, 10);
}

bool wants_kill() {
  const char* text = std::getenv("LXCX_FAULT_ERRNO");
  return text != nullptr && std::string_view(text) == "kill";
}

int report(const lxcx::core::FaultRecord& record) {
  std::printf("%ld %s\n", record.calls.load(), record.has_failed ? record.failed_call.data() : "-");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const lxcx::Result<lxcx::core::FaultRecord*> record = lxcx::core::map_fault_record(std::getenv("LXCX_FAULT_RECORD"));
  if (!record) {
    std::fprintf(stderr, "lxcx-faulty: %s\n", record.error().message.c_str());
    return 99;
  }
  if (argc == 2 && std::string_view(argv[1]) == "--fault-report") return report(**record);
  const int sys_errno = wants_kill() ? lxcx::core::FaultyKernel::kill_caller : static_cast<int>(number_of("LXCX_FAULT_ERRNO", EIO));
  lxcx::core::FaultyKernel kernel(lxcx::core::real_kernel(), **record, number_of("LXCX_FAULT_NTH", 0), sys_errno);
  return lxcx::host::run_host(kernel, argc, argv);
}
