# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(kernel_config SOURCES kernel_config_fuzz.cpp LIBRARIES lxcx_doctor)
