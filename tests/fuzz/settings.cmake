# SPDX-License-Identifier: Apache-2.0
if(TARGET lxcx_net_common)
  lxcx_add_fuzzer(settings SOURCES settings_fuzz.cpp ${PROJECT_SOURCE_DIR}/plugins/net-veth/veth_settings.cpp
    ${PROJECT_SOURCE_DIR}/plugins/security-landlock/fences.cpp LIBRARIES lxcx_net_common)
endif()
