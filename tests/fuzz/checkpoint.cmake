# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(checkpoint SOURCES checkpoint_fuzz.cpp LIBRARIES lxcx_checkpoint lxcx_criu lxcx_base)
