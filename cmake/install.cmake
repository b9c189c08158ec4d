# What `cmake --install` adds for the shell of a person: the manual and the completions, made by the program itself.
set(manual_stamp ${CMAKE_BINARY_DIR}/share/stamp)
set(completions ${CMAKE_BINARY_DIR}/share/completions)
add_custom_command(
  OUTPUT ${manual_stamp}
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${CMAKE_BINARY_DIR}/share
  COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
  COMMAND mneme manual --folder ${CMAKE_BINARY_DIR}/share/man
  COMMAND mneme completion bash > ${completions}/mneme
  COMMAND mneme completion zsh > ${completions}/_mneme
  COMMAND mneme completion fish > ${completions}/mneme.fish
  COMMAND ${CMAKE_COMMAND} -E touch ${manual_stamp}
  DEPENDS mneme
  COMMENT "Manual pages and completions"
  VERBATIM)
add_custom_target(mneme_manual ALL DEPENDS ${manual_stamp})

install(DIRECTORY ${CMAKE_BINARY_DIR}/share/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${completions}/mneme DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}/_mneme DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${completions}/mneme.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
