# SPDX-License-Identifier: Apache-2.0
# LXCX_UNITY: the sources of a target are compiled several at a time, which takes a third of the time. What is hidden by either (an include that
# lacks, two names in one file) is found by the other presets.
#
# LXCX_PCH: the headers that nearly every file includes are parsed once for the product and once, with Catch2, for the tests. For CI alone: a
# header that lacks an include is found by the preset dev and by tools/checks/headers.

# Sets `out` to every target of this folder and of those below.
function(_lxcx_targets_below folder out)
  get_property(all DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  get_property(below DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS below)
    _lxcx_targets_below(${child} of_child)
    list(APPEND all ${of_child})
  endforeach()
  set(${out} ${all} PARENT_SCOPE)
endfunction()

# One object library that owns a precompiled header.
function(_lxcx_add_pch name)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cpp CONTENT "// The owner of a precompiled header.\n")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE lxcx::sdk)
  target_precompile_headers(${name} PRIVATE
    <algorithm> <array> <charconv> <chrono> <cstdint> <cstdlib> <cstring> <filesystem> <fstream> <functional> <map> <memory> <optional> <set>
    <span> <string> <string_view> <utility> <vector> <lxcx/plugin.hpp> ${ARGN})
endfunction()

# Called last, when all targets exist.
function(lxcx_unite_sources)
  _lxcx_targets_below(${PROJECT_SOURCE_DIR} targets)
  # Each command of the host, and each proxy of the plugins, has functions of the same names.
  list(REMOVE_ITEM targets lxcx_host lxcx_plugin_host lxcx_docgen_parts lxcx-monitor lxcx-enter lxcx-init)
  set_target_properties(${targets} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
endfunction()

# Called last, when all targets exist.
function(lxcx_precompile_headers)
  _lxcx_add_pch(lxcx_product_pch <core/kernel/kernel.hpp> <core/base/text.hpp>)
  if(TARGET lxcx_catch_main)
    _lxcx_add_pch(lxcx_tests_pch <catch2/catch.hpp>)
    find_package(Catch2 2 REQUIRED)  # found in tests/, but unknown up here
    target_link_libraries(lxcx_tests_pch PRIVATE Catch2::Catch2)
  endif()
  _lxcx_targets_below(${PROJECT_SOURCE_DIR} targets)
  # Compiled with options that a precompiled header would have to share; Catch2's implementation is another header than its tests'.
  list(REMOVE_ITEM targets lxcx-monitor lxcx-enter lxcx-init lxcx_product_pch lxcx_tests_pch lxcx_catch_main)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(sources ${target} SOURCES)
    if(NOT type MATCHES "^(STATIC_LIBRARY|MODULE_LIBRARY|OBJECT_LIBRARY|EXECUTABLE)$" OR NOT "${sources}" MATCHES "\\.cpp")
      continue()
    endif()
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if("lxcx_catch_main" IN_LIST libraries)
      target_precompile_headers(${target} REUSE_FROM lxcx_tests_pch)
    else()
      target_precompile_headers(${target} REUSE_FROM lxcx_product_pch)
    endif()
    if(type STREQUAL "EXECUTABLE")
      target_compile_options(${target} PRIVATE -fPIC)  # as the libraries are, or g++ refuses the header
    endif()
  endforeach()
endfunction()
