# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(escape SOURCES escape_fuzz.cpp LIBRARIES lxcx::sdk)
