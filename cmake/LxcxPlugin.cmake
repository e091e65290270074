# SPDX-License-Identifier: Apache-2.0
# lxcx_add_plugin(): the same call in the lxcx tree and, after find_package(lxcx), out of it.
#
#   lxcx_add_plugin(storage-dir            # KIND-NAME, as in the manifest
#     SOURCES dir.cpp …                    # C++ or C
#     [LIBRARIES target …]                 # linked privately
#     [NEEDS what …]                       # turned off, and said so, when one of these targets or variables is missing
#     [MANIFEST plugin.json.in])           # default; @PROJECT_VERSION@, @LXCX_PLUGIN_LIBRARY@ and @LXCX_PLUGIN_ABI@ are filled in
#
# Makes lib/lxcx/plugins/KIND-NAME.so, which exports lxcx_plugin alone, and lib/lxcx/plugins.d/KIND-NAME.json in the build tree, for
# `lxcx --plugin-dir BUILD/lib/lxcx/plugins.d`, and installs both. The sources see the project's version as LXCX_PLUGIN_VERSION.
include_guard(GLOBAL)

function(_lxcx_plugin_off name why)
  set_property(GLOBAL APPEND PROPERTY LXCX_PLUGINS_OFF "${name} (${why})")
  if(LXCX_BUILD_MANIFEST_DIR)
    file(REMOVE ${LXCX_BUILD_MANIFEST_DIR}/${name}.json)  # of an earlier configuration, when it was on
  endif()
endfunction()

# How every plugin is compiled and linked.
function(_lxcx_plugin_link name)
  # A static libstdc++ leaks weak symbols past -fvisibility=hidden; the version script keeps them in.
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_options(${name} PRIVATE LINKER:--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map LINKER:-z,nodelete LINKER:-z,relro LINKER:-z,now)
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  if(NOT LXCX_SANITIZE AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    # An undefined symbol is found now, not when a container starts. A sanitizer's own are defined by the program.
    target_link_options(${name} PRIVATE LINKER:-z,defs $<$<LINK_LANGUAGE:CXX>:-static-libstdc++> -static-libgcc)
  endif()
endfunction()

function(lxcx_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MANIFEST" "SOURCES;LIBRARIES;NEEDS")
  if(NOT name MATCHES "^(storage|network|net|template|security|hook)-[a-z0-9][a-z0-9._-]*$")
    message(FATAL_ERROR "lxcx_add_plugin(${name}): the name is KIND-NAME, and KIND one of storage, network, template, security, hook")
  endif()
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "lxcx_add_plugin(${name} SOURCES … [LIBRARIES …] [NEEDS …] [MANIFEST …]): ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT PROJECT_VERSION)
    message(FATAL_ERROR "lxcx_add_plugin(${name}): give project() a VERSION; it becomes the plugin's")
  endif()
  if(DEFINED LXCX_PLUGINS AND NOT LXCX_PLUGINS STREQUAL "all" AND NOT name IN_LIST LXCX_PLUGINS)
    _lxcx_plugin_off(${name} "not in LXCX_PLUGINS")
    return()
  endif()
  foreach(need IN LISTS arg_NEEDS)
    if(NOT TARGET ${need} AND NOT ${need})
      _lxcx_plugin_off(${name} "${need} is missing")
      return()
    endif()
  endforeach()
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST plugin.json.in)
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE lxcx::sdk ${arg_LIBRARIES})
  if(TARGET lxcx_warnings)
    target_link_libraries(${name} PRIVATE lxcx_warnings)
  endif()
  if(CMAKE_CXX_COMPILER_LOADED)
    target_compile_features(${name} PRIVATE cxx_std_23)
  endif()
  # So that the manifest and LXCX_PLUGIN(…, LXCX_PLUGIN_VERSION, …) cannot drift apart.
  target_compile_definitions(${name} PRIVATE LXCX_PLUGIN_VERSION="${PROJECT_VERSION}")
  _lxcx_plugin_link(${name})
  set(LXCX_PLUGIN_LIBRARY ${name}.so)
  set(LXCX_PLUGIN_ABI "1.0")  # as LXCX_ABI_MAJOR and _MINOR in abi.h; requirement P-3 compares them
  if(LXCX_BUILD_PLUGIN_DIR)
    set(library_dir ${LXCX_BUILD_PLUGIN_DIR})
    set(manifest_dir ${LXCX_BUILD_MANIFEST_DIR})
  else()
    set(library_dir ${PROJECT_BINARY_DIR}/lib/lxcx/plugins)
    set(manifest_dir ${PROJECT_BINARY_DIR}/lib/lxcx/plugins.d)
  endif()
  set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "$<1:${library_dir}>")
  configure_file(${arg_MANIFEST} ${manifest_dir}/${name}.json @ONLY)
  install(TARGETS ${name} LIBRARY DESTINATION lib/lxcx/plugins)
  install(FILES ${manifest_dir}/${name}.json DESTINATION lib/lxcx/plugins.d)
  set_property(GLOBAL APPEND PROPERTY LXCX_PLUGINS_ON ${name})
endfunction()

# Prints what was turned on and off, and why.
function(lxcx_plugin_summary)
  # Not "on" and "off": if(off) is false whatever the variable holds.
  get_property(plugins_on GLOBAL PROPERTY LXCX_PLUGINS_ON)
  get_property(plugins_off GLOBAL PROPERTY LXCX_PLUGINS_OFF)
  message(STATUS "Plugins on:")
  foreach(name IN LISTS plugins_on)
    message(STATUS "  ${name}")
  endforeach()
  if(plugins_off)
    message(STATUS "Plugins off:")
    foreach(name IN LISTS plugins_off)
      message(STATUS "  ${name}")
    endforeach()
  endif()
  if(DEFINED LXCX_PLUGINS AND NOT LXCX_PLUGINS STREQUAL "all")
    foreach(name IN LISTS LXCX_PLUGINS)
      if(NOT name IN_LIST plugins_on AND NOT plugins_off MATCHES "(^|;)${name} ")
        message(FATAL_ERROR "LXCX_PLUGINS names '${name}', which is no plugin of this tree")
      endif()
    endforeach()
  endif()
endfunction()
