# mneme_folder(NAME FOLDER… [EXCEPT FOLDER…] LINK TARGET…) makes the static library mneme_NAME of all C files in these
# folders, which may be patterns. A main.c is left to the program that it is of.
function(mneme_folder name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "EXCEPT;LINK")
  set(patterns ${arg_UNPARSED_ARGUMENTS})
  list(TRANSFORM patterns APPEND /*.c)
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  list(FILTER sources EXCLUDE REGEX /main\\.c$)
  foreach(folder ${arg_EXCEPT})
    list(FILTER sources EXCLUDE REGEX ^${CMAKE_SOURCE_DIR}/${folder}/)
  endforeach()
  add_library(mneme_${name} STATIC ${sources})
  target_link_libraries(mneme_${name} PUBLIC mneme_flags ${arg_LINK})
endfunction()
