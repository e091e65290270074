# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(elf SOURCES elf_fuzz.cpp ${PROJECT_SOURCE_DIR}/plugins/template-busybox/elf.cpp LIBRARIES lxcx::sdk)
