# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(control SOURCES control_fuzz.cpp LIBRARIES lxcx::sdk)
