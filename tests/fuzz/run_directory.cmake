# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(run_directory SOURCES run_directory_fuzz.cpp LIBRARIES lxcx_container lxcx_kernel lxcx_base)
