# How every target of the project is compiled.

option(AERIE_WERROR "Treat warnings as errors" OFF)
option(AERIE_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
set(AERIE_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")

set(AERIE_SHARED_DATA "" CACHE PATH
    "Folder with tokenizer vectors and evaluation cases; tests that need it are skipped without it")
if(NOT AERIE_SHARED_DATA AND EXISTS ${CMAKE_SOURCE_DIR}/../shared/data)
  get_filename_component(AERIE_SHARED_DATA ${CMAKE_SOURCE_DIR}/../shared/data ABSOLUTE)
endif()

# aerie_target(NAME): flags for one library or program.
function(aerie_target name)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_compile_options(${name} PRIVATE
    -Wall -Wextra -Wshadow -Wpointer-arith -Wvla $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>)
  if(AERIE_WERROR)
    target_compile_options(${name} PRIVATE -Werror)
  endif()
  if(AERIE_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=${AERIE_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all)
    target_link_options(${name} PRIVATE -fsanitize=${AERIE_SANITIZE})
  elseif(AERIE_FUZZ)
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link,address,undefined
      -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${name} PRIVATE -fsanitize=address,undefined)
  endif()
endfunction()

# aerie_layer(NAME [LOWER...]): a library that is one layer, over the lower layers it may include.
function(aerie_layer name)
  aerie_target(${name})
  target_link_libraries(${name} PUBLIC ${ARGN})
endfunction()

# aerie_test(NAME SOURCE... LIBS lib...): one cmocka program under ctest, labelled "unit".
function(aerie_test name)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  aerie_target(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} PkgConfig::CMOCKA)
  target_compile_definitions(${name} PRIVATE
    AERIE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" AERIE_SHARED_DATA="${AERIE_SHARED_DATA}")
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  # A test that cannot run here says why and exits with 77; ctest then shows it as skipped.
  set_tests_properties(${name} PROPERTIES LABELS unit SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()
