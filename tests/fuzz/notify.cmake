# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(notify SOURCES notify_fuzz.cpp LIBRARIES lxcx::sdk)
