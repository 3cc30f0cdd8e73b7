# The embedded default image: /bin/busybox of Debian's busybox-static -> OCI image layout tar -> read-only data of the
# library minibox_busybox_image. The same busybox gives the same bytes.
set(MINIBOX_BUSYBOX /bin/busybox CACHE FILEPATH "statically linked busybox that becomes the embedded image")
if(NOT EXISTS ${MINIBOX_BUSYBOX})
  message(FATAL_ERROR "no ${MINIBOX_BUSYBOX}: apt-get install busybox-static, or pass -DMINIBOX_BUSYBOX=PATH")
endif()

set(busybox_applets ${CMAKE_BINARY_DIR}/busybox_applets.txt)
set(busybox_tar ${CMAKE_BINARY_DIR}/busybox_image.tar)

add_executable(make_busybox_image ${PROJECT_SOURCE_DIR}/tools/make_busybox_image.cc)
target_link_libraries(make_busybox_image PRIVATE minibox_store)

add_custom_command(
  OUTPUT ${busybox_tar}
  COMMAND ${MINIBOX_BUSYBOX} --list-full > ${busybox_applets}
  COMMAND make_busybox_image ${MINIBOX_BUSYBOX} ${busybox_applets} ${busybox_tar}
  DEPENDS make_busybox_image ${MINIBOX_BUSYBOX}
  COMMENT "making the embedded image busybox")
add_custom_target(busybox_image_tar DEPENDS ${busybox_tar})

add_library(minibox_busybox_image STATIC
  ${PROJECT_SOURCE_DIR}/src/store/embedded/embedded_busybox.cc
  ${PROJECT_SOURCE_DIR}/src/store/embedded/busybox_image.S)
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/store/embedded/busybox_image.S PROPERTIES
  COMPILE_DEFINITIONS MINIBOX_BUSYBOX_TAR="${busybox_tar}"
  OBJECT_DEPENDS ${busybox_tar})
target_compile_options(minibox_busybox_image PUBLIC "SHELL:-iquote ${PROJECT_SOURCE_DIR}/src")
