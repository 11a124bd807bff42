# commit.cmake: writes OUTPUT with what git calls the tree in SOURCE_DIR, if that has changed.
# Run at every build (cmake -P): what a benchmark says of itself must not be of an older commit.
# Without git, or outside a repository, BENCH_COMMIT is "".
find_program(git git)
set(commit "")
if(git)
    execute_process(
        COMMAND ${git} -C ${SOURCE_DIR} describe --always --dirty OUTPUT_VARIABLE commit
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
set(text "#define BENCH_COMMIT \"${commit}\"\n")
set(before "")
if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} before)
endif()
if(NOT before STREQUAL text)
    file(WRITE ${OUTPUT} "${text}")
endif()
