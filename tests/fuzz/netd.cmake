# SPDX-License-Identifier: Apache-2.0
if(TARGET lxcx_netd_parts)
  lxcx_add_fuzzer(netd SOURCES netd_fuzz.cpp LIBRARIES lxcx_netd_parts lxcx_net_common)
  lxcx_add_fuzzer(usernet SOURCES usernet_fuzz.cpp LIBRARIES lxcx_netd_parts lxcx_net_common)
endif()
