# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(manifest SOURCES manifest_fuzz.cpp LIBRARIES lxcx_plugin_host lxcx_base)
