# C made at build time: the event types from the newest schema, the fold's tables from the migrations, and the .sql and
# .lua files as strings.
set(generated ${CMAKE_BINARY_DIR}/generated)
file(GLOB avsc_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/avsc/mneme.event.v*.avsc)
set(MNEME_GENERATED_EVENT_SOURCES ${generated}/mneme/event_types.h ${generated}/mneme/event_types.c)
add_custom_command(
  OUTPUT ${MNEME_GENERATED_EVENT_SOURCES}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/schemas/generate.py ${generated}/mneme ${avsc_files}
  DEPENDS ${CMAKE_SOURCE_DIR}/schemas/generate.py ${avsc_files}
  COMMENT "Event types from the newest schema"
  VERBATIM)
file(GLOB embedding_avsc_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/avsc/mneme.embedding.v*.avsc)
set(MNEME_GENERATED_EMBEDDING_SOURCE ${generated}/mneme/embedding_schema.c)
add_custom_command(
  OUTPUT ${MNEME_GENERATED_EMBEDDING_SOURCE}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/schemas/embed.py ${embedding_avsc_files}
          ${MNEME_GENERATED_EMBEDDING_SOURCE}
  DEPENDS ${CMAKE_SOURCE_DIR}/schemas/embed.py ${embedding_avsc_files} ${MNEME_GENERATED_EVENT_SOURCES}
  COMMENT "The schemas of an embedding as strings"
  VERBATIM)
add_custom_target(mneme_event_types DEPENDS ${MNEME_GENERATED_EVENT_SOURCES})
add_dependencies(mneme_flags mneme_event_types)

file(GLOB migration_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sql/migrations/*.sql
     ${CMAKE_SOURCE_DIR}/sql/migrations/*/*.sql)
file(GLOB query_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sql/queries/*.sql)
add_custom_command(
  OUTPUT ${generated}/sql/embedded.h ${generated}/sql/embedded.c
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/sql/embed.py ${generated}/sql ${migration_files} ${query_files}
  DEPENDS ${CMAKE_SOURCE_DIR}/sql/embed.py ${CMAKE_SOURCE_DIR}/cmake/c_string.py ${migration_files} ${query_files}
  COMMENT "SQL files as strings"
  VERBATIM)
file(GLOB table_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sql/migrations/*.sql
     ${CMAKE_SOURCE_DIR}/sql/migrations/postgres/*.sql)
set(MNEME_GENERATED_TABLES_SOURCE ${generated}/sql/tables.c)
add_custom_command(
  OUTPUT ${generated}/sql/tables.h ${MNEME_GENERATED_TABLES_SOURCE}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/sql/tables.py ${generated}/sql ${table_files}
  DEPENDS ${CMAKE_SOURCE_DIR}/sql/tables.py ${CMAKE_SOURCE_DIR}/sql/read_migrations.py ${table_files}
  COMMENT "The fold's tables from the migrations"
  VERBATIM)
add_library(mneme_sql STATIC ${generated}/sql/embedded.h ${generated}/sql/embedded.c ${generated}/sql/tables.h)
target_link_libraries(mneme_sql PUBLIC mneme_flags)

# The scripts of Redis: FOLDER/scripts/*.lua, and folders there of one script each, are declared in FOLDER/scripts.h.
add_library(mneme_scripts STATIC)
target_link_libraries(mneme_scripts PUBLIC mneme_flags PkgConfig::hiredis)
function(mneme_scripts_of folder prefix)
  file(GLOB script_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/scripts/*.lua
       ${CMAKE_SOURCE_DIR}/${folder}/scripts/*/*.lua)
  add_custom_command(
    OUTPUT ${generated}/${folder}/scripts.h ${generated}/${folder}/scripts.c
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/cmake/embed_scripts.py ${generated} ${folder} ${prefix}
            ${script_files}
    DEPENDS ${CMAKE_SOURCE_DIR}/cmake/embed_scripts.py ${CMAKE_SOURCE_DIR}/cmake/c_string.py ${script_files}
    COMMENT "Scripts of ${folder} as strings"
    VERBATIM)
  target_sources(mneme_scripts PRIVATE ${generated}/${folder}/scripts.h ${generated}/${folder}/scripts.c)
endfunction()
mneme_scripts_of(stores/redis hot)
mneme_scripts_of(stores/locks locks)
