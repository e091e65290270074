# SPDX-License-Identifier: Apache-2.0
# lxcx_prefer_archive(TARGET FILE [DIRECTORY…]): with LXCX_STATIC, an imported target of pkg-config's links the archive FILE (libNAME.a) where there is one:
# loading a plugin then loads nothing else. Without an archive the shared object stays.
include_guard(GLOBAL)

function(lxcx_prefer_archive target file)
  if(NOT LXCX_STATIC OR NOT TARGET ${target})
    return()
  endif()
  find_library(LXCX_ARCHIVE_${file} ${file} HINTS ${ARGN})
  mark_as_advanced(LXCX_ARCHIVE_${file})
  if(LXCX_ARCHIVE_${file})
    set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES ${LXCX_ARCHIVE_${file}})
  else()
    message(STATUS "There is no ${file}: the plugins that need it link the shared library")
  endif()
endfunction()
