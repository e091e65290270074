# SPDX-License-Identifier: Apache-2.0
lxcx_add_fuzzer(attach_plan SOURCES attach_plan_fuzz.cpp ${PROJECT_SOURCE_DIR}/core/attach/enter/read_plan.cpp LIBRARIES lxcx::sdk)
