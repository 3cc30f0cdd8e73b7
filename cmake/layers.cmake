# One CMake target a folder. Files are found by name:
#   x.cc       -> library minibox_<layer>
#   x_test.cc  -> program <layer>_test (unit tests: no root, no network)
# so that adding a file never needs an edit here.
function(minibox_layer name)
  cmake_parse_arguments(ARG "" "" "DIRS;DEPS;LIBS" ${ARGN})
  if(NOT ARG_DIRS)
    set(ARG_DIRS ${name})
  endif()
  list(TRANSFORM ARG_DIRS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(TRANSFORM ARG_DIRS APPEND /*.cc)
  file(GLOB sources CONFIGURE_DEPENDS ${ARG_DIRS})
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  list(TRANSFORM ARG_DEPS PREPEND minibox_ OUTPUT_VARIABLE deps)
  if(sources)
    add_library(minibox_${name} STATIC ${sources})
    set(visibility PUBLIC)
  else()
    add_library(minibox_${name} INTERFACE)
    set(visibility INTERFACE)
  endif()
  # -iquote and not -I: our sys/mount.h must not answer for <sys/mount.h>.
  target_compile_options(minibox_${name} ${visibility} "SHELL:-iquote ${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(minibox_${name} ${visibility} ${deps} ${ARG_LIBS})

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE minibox_${name} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE MINIBOX_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  endif()
endfunction()
