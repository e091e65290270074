# SPDX-License-Identifier: Apache-2.0
if(TARGET lxcx_template_common)
  set(local ${PROJECT_SOURCE_DIR}/plugins/template-local)
  lxcx_add_fuzzer(image SOURCES image_fuzz.cpp ${local}/archive.cpp ${local}/image_config.cpp ${local}/metadata.cpp ${local}/placeholders.cpp
    LIBRARIES lxcx_template_common lxcx_storage_common)
endif()
