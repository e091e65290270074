# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(id_map SOURCES id_map_fuzz.cpp LIBRARIES lxcx_unshare)
