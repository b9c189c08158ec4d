# Each file under tests/fuzz is one libFuzzer program; the folder of its name under tests/fuzz/corpus is where it begins.
file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*.c)
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  add_executable(fuzz_${name} ${file} ${CMAKE_SOURCE_DIR}/tests/support/sample_event.c)
  target_link_libraries(fuzz_${name} PRIVATE mneme_importers mneme_queries)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endforeach()
