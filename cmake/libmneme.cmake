# libmneme for other programs: the static and the shared library, headers, pkg-config file and man page.
set(libmneme_parts base json log config postgres redis kafka http analysis schemas endpoints producers log_reader sql scripts vectors hot locks
    queries operations library)
foreach(kind STATIC SHARED)
  string(TOLOWER ${kind} suffix)
  add_library(libmneme_${suffix} ${kind})
  foreach(part ${libmneme_parts})
    target_sources(libmneme_${suffix} PRIVATE $<TARGET_OBJECTS:mneme_${part}>)
  endforeach()
  set_target_properties(libmneme_${suffix} PROPERTIES OUTPUT_NAME mneme LINKER_LANGUAGE C)
  target_include_directories(libmneme_${suffix} INTERFACE ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(
    libmneme_${suffix}
    PRIVATE mneme_flags
            PkgConfig::rdkafka
            PkgConfig::libpq
            PkgConfig::avro
            PkgConfig::jansson
            PkgConfig::hiredis
            PkgConfig::utf8proc
            stemmer
            CURL::libcurl
            OpenSSL::Crypto
            Threads::Threads
            m)
endforeach()
set_target_properties(libmneme_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)

# The file finds its prefix from its own place, so that `cmake --install --prefix` needs no new configuration.
file(RELATIVE_PATH MNEME_PC_TO_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_SOURCE_DIR}/cmake/mneme.pc.in ${CMAKE_BINARY_DIR}/mneme.pc @ONLY)
install(TARGETS mneme libmneme_static libmneme_shared)
install(DIRECTORY include/mneme DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_BINARY_DIR}/mneme.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES docs/man/libmneme.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
