# SPDX-License-Identifier: Apache-2.0
# lxcx_warnings: what every target of the product is compiled with.
add_library(lxcx_warnings INTERFACE)
target_compile_options(lxcx_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wno-missing-field-initializers)
# From -O2 on g++ 12 sees overlapping copies in std::string's operator+ (GCC bug 105651) and uninitialised members in std::optional (80635) where
# there are none.
target_compile_options(lxcx_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
if(LXCX_WERROR)
  target_compile_options(lxcx_warnings INTERFACE -Werror)
endif()
