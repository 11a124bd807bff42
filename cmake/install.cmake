# What `cmake --install` puts where: headers, libraries, the command and its manual page, weft.pc,
# the CMake package. All of it is relocatable. Tested by tests/install.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/weft)

install(
    DIRECTORY include/weft
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")
install(FILES ${generated_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weft)
install(TARGETS weft_shared weft_static EXPORT weft_targets)
if(TARGET weft)
    install(TARGETS weft)
    install(FILES man/weft.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    if(TARGET weft_report_template) # `weft bench report` finds it from its own place
        install(FILES ${PROJECT_BINARY_DIR}/report-template.html
                DESTINATION ${CMAKE_INSTALL_DATADIR}/weft)
    endif()
endif()
install(
    EXPORT weft_targets
    NAMESPACE weft::
    FILE weftTargets.cmake
    DESTINATION ${package_dir})

configure_file(cmake/weftConfig.cmake.in weftConfig.cmake @ONLY)
# Before 1.0 a minor version may break what was built for the one before.
write_basic_package_version_file(weftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/weftConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/weftConfigVersion.cmake DESTINATION ${package_dir})

# weft.pc finds the prefix from its own place, so the tree may be moved.
cmake_path(SET pc_dir NORMALIZE "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${pc_dir}" OUTPUT_VARIABLE pc_prefix)
cmake_path(
    RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}"
    OUTPUT_VARIABLE pc_libdir)
cmake_path(
    RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}"
    OUTPUT_VARIABLE pc_includedir)
set(pc_libs_private ${CMAKE_THREAD_LIBS_INIT})
if(WEFT_LIBM)
    string(APPEND pc_libs_private " -lm")
endif()
configure_file(cmake/weft.pc.in weft.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/weft.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
