# One interface target carries what every target is compiled with.
add_library(mneme_flags INTERFACE)
target_include_directories(mneme_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(mneme_flags INTERFACE _GNU_SOURCE MNEME_VERSION="${PROJECT_VERSION}")
target_compile_options(
  mneme_flags
  INTERFACE -Wall
            -Wextra
            -Werror
            -Wshadow
            -Wconversion
            -Wsign-conversion
            -Wstrict-prototypes
            -Wmissing-prototypes
            -Wpointer-arith
            -Wformat=2
            -Wundef
            -Wswitch-enum
            -fno-common)

if(MNEME_SANITIZE)
  target_compile_options(mneme_flags INTERFACE -fsanitize=${MNEME_SANITIZE} -fno-omit-frame-pointer
                                               -fno-sanitize-recover=all)
  target_link_options(mneme_flags INTERFACE -fsanitize=${MNEME_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  # glibc wants an optimised build for its checks of buffers.
  target_compile_definitions(mneme_flags INTERFACE _FORTIFY_SOURCE=2)
  target_compile_options(mneme_flags INTERFACE -fstack-protector-strong)
endif()
if(MNEME_FUZZ)
  target_compile_options(mneme_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(MNEME_COVERAGE)
  target_compile_options(mneme_flags INTERFACE --coverage)
  target_link_options(mneme_flags INTERFACE --coverage)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
