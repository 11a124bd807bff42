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
set(level_flags_sse41 -msse4.1)
set(level_flags_avx2 -mavx2 -mfma -mf16c ${wide_flags})
set(level_flags_avx512 -mavx512f -mavx512vl -mavx512bw -mavx512dq -mavx512cd -mavx2 -mfma -mf16c
                       -mprefer-vector-width=512 ${wide_flags})
set(level_flags_neon)

# Dependency chains of neighbouring vectors, interleaved; clang does so unasked.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT sanitizers)
    list(APPEND vector_flags -fschedule-insns -fsched-pressure)
endif()

# clang warns of each loop that it cannot vectorise; some call functions and stay scalar.
set(loop_flags)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    set(loop_flags -Wno-pass-failed)
endif()

# Kernels call no code of the user's, so nothing ever unwinds through them: the tables for that are a
# twentieth of the library. (Debuggers have their own.)
set(leaf_flags)
if(NOT sanitizers)
    set(leaf_flags -fno-asynchronous-unwind-tables -fno-unwind-tables)
endif()

function(weft_level_flags level)
    set_source_files_properties(
        simd/level_${level}.c
        PROPERTIES COMPILE_OPTIONS
                   "${vector_flags};${level_flags_${level}};${loop_flags};${leaf_flags}")
endfunction()

set_source_files_properties(simd/level_scalar.c PROPERTIES COMPILE_OPTIONS
                                                           "${loop_flags};${leaf_flags}")

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    foreach(level sse41 avx2 avx512)
        weft_level_flags(${level})
    endforeach()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    weft_level_flags(neon)
endif()

# What makes and checks programs calls nothing of the user's either but an allocator.
if(NOT sanitizers)
    file(GLOB leaf_sources isa/*.c compiler/*.c)
    set_source_files_properties(${leaf_sources} PROPERTIES COMPILE_OPTIONS "${leaf_flags}")
endif()
