# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(image_config SOURCES image_config_fuzz.cpp ${PROJECT_SOURCE_DIR}/plugins/template-local/image_config.cpp
  ${PROJECT_SOURCE_DIR}/plugins/template-local/placeholders.cpp LIBRARIES lxcx::sdk)
