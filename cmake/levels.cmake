# How each CPU level of simd/ is compiled. The same source for all, so only flags differ: the
# instruction set, -O3 for the vectoriser, and the promise that nobody looks at errno or at floating-
# point traps, which changes no result. The scalar level stays at the baseline.
set(vector_flags -fno-math-errno -fno-trapping-math)
# Kernels begin at cache lines: else a change to one moves the loops of those behind it, and their times
# by up to a third.
if(NOT sanitizers) # which bring their own optimisation level
    list(APPEND vector_flags -O3 -falign-functions=64)
endif()
# gcc: where two selects share a condition it would jump from one to the other, and no select is left;
# and what remains behind the last whole wide vector is at most one strip's end, not worth a second
# vector loop of half the width in every kernel (a seventh of the library).
set(wide_flags)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND vector_flags -fno-thread-jumps)
    set(wide_flags --param=vect-epilogues-nomask=0)
endif()
# Of each file simd/level_NAME.c, flags_ARCHITECTURE_NAME.
set(flags_x86_64_sse41 -msse4.1)
set(flags_x86_64_avx2 -mavx2 -mfma -mf16c ${wide_flags})
set(flags_x86_64_avx512
    -mavx512f -mavx512vl -mavx512bw -mavx512dq -mavx512cd -mavx2 -mfma -mf16c
    -mprefer-vector-width=512 ${wide_flags})
set(flags_aarch64_neon "")

# Dependency chains of neighbouring vectors, interleaved; clang does so unasked.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT sanitizers)
    list(APPEND vector_flags -fschedule-insns -fsched-pressure)
endif()

# clang warns of each loop that it cannot vectorise; some call functions and stay scalar. Under the fuzzers
# kernels are watched for addresses only, by calls, which takes a third of the time to compile; the preset
# asan watches all of it.
set(loop_flags)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    set(loop_flags -Wno-pass-failed)
endif()
if(WEFT_FUZZ)
    list(APPEND loop_flags -fno-sanitize=undefined
                -mllvm -asan-instrumentation-with-call-threshold=0)
endif()

# Kernels call no code of the user's, so nothing ever unwinds through them: the tables for that are a
# twentieth of the library. (Debuggers have their own.)
set(leaf_flags)
if(NOT sanitizers)
    set(leaf_flags -fno-asynchronous-unwind-tables -fno-unwind-tables)
endif()

set_source_files_properties(simd/level_scalar.c PROPERTIES COMPILE_OPTIONS
                                                           "${loop_flags};${leaf_flags}")

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    set(architecture x86_64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(architecture aarch64)
else()
    set(architecture other)
endif()

# Undefined behaviour of what all levels share is looked for in two of them.
if(WEFT_SANITIZE MATCHES "undefined")
    foreach(level sse41 avx2)
        list(APPEND flags_x86_64_${level} -fno-sanitize=undefined)
    endforeach()
endif()

file(GLOB level_sources CONFIGURE_DEPENDS simd/level_*.c)
foreach(source ${level_sources})
    string(REGEX REPLACE "^.*/level_(.*)[.]c$" "\\1" level ${source})
    if(DEFINED flags_${architecture}_${level})
        set_source_files_properties(
            ${source} PROPERTIES COMPILE_OPTIONS
                                 "${vector_flags};${flags_${architecture}_${level}};${loop_flags};${leaf_flags}")
    elseif(NOT DEFINED flags_x86_64_${level} AND NOT DEFINED flags_aarch64_${level}
           AND NOT level STREQUAL "scalar")
        message(FATAL_ERROR "simd/level_${level}.c has no flags: set flags_x86_64_${level} or "
                            "flags_aarch64_${level} in cmake/levels.cmake")
    endif()
endforeach()

# What makes and checks programs calls nothing of the user's either but an allocator.
if(NOT sanitizers)
    file(GLOB leaf_sources isa/*.c compiler/*.c)
    set_source_files_properties(${leaf_sources} PROPERTIES COMPILE_OPTIONS "${leaf_flags}")
endif()
