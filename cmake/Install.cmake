# What `cmake --install` lays down: the program, its manual page, the documents, and the script that
# fetches the default model (`aerie doctor` names it where the model is missing).
if(TARGET aerie)
  install(TARGETS aerie RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES docs/aerie.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(PROGRAMS scripts/fetch_model.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/aerie)
endif()
