# How everything is compiled: the language, the warnings, floating point, visibility, sanitizers.
# Directory-wide, so that no target can forget them; included once by the top CMakeLists.txt.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_definitions(_POSIX_C_SOURCE=200809L)
if(APPLE)
    add_compile_definitions(_DARWIN_C_SOURCE) # else _POSIX_C_SOURCE hides what it adds
endif()

# Results must not depend on the compiler's taste: no contraction, and never -ffast-math.
add_compile_options(-ffp-contract=off)

set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(WEFT_WERROR)
    list(APPEND warnings -Werror)
endif()
add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:${warnings}>")

if(WEFT_SANITIZE AND WEFT_FUZZ)
    message(FATAL_ERROR "WEFT_FUZZ brings its own sanitizers: leave WEFT_SANITIZE empty")
elseif(WEFT_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "WEFT_FUZZ needs clang")
    endif()
    # Harnesses are linked with -fsanitize=fuzzer, which brings main(); nothing else may be.
    set(sanitizers fuzzer-no-link,address,undefined)
else()
    set(sanitizers ${WEFT_SANITIZE})
endif()
if(sanitizers)
    add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all)
    add_compile_options(-O1 -g1 -fno-omit-frame-pointer) # -g1: line numbers, at half the time
    add_link_options(-fsanitize=${sanitizers})
endif()

# GNU ld and lld; other linkers have other names for it, or are strict by default.
check_linker_flag(C "-Wl,--no-undefined" WEFT_HAVE_NO_UNDEFINED)
if(WEFT_HAVE_NO_UNDEFINED)
    set(WEFT_LINKER_NO_UNDEFINED "-Wl,--no-undefined")
endif()
