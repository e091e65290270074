# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(error_frame SOURCES error_frame_fuzz.cpp LIBRARIES lxcx_base)
