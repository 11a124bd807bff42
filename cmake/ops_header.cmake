# Makes weft/NAME.h, NAME being ops or vec, from cmake/NAME.h.in and the prototypes that
# vm/NAME_header.c.in expands to. Run by the build:
# cmake -D NAME=... -D COMPILER=... -D SOURCE_DIR=... -D OUTPUT=... -P ops_header.cmake
execute_process(
    COMMAND ${COMPILER} -std=c11 -E -P -I${SOURCE_DIR} -I${SOURCE_DIR}/include -x c
            ${SOURCE_DIR}/vm/${NAME}_header.c.in
    OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE ".*WEFT_PROTOTYPES" "" text "${text}")
string(REGEX REPLACE "[ \t\r\n]+" " " text "${text}")
string(REPLACE ") WEFT_API" ")\;\nWEFT_API" text "${text}")
string(REGEX REPLACE "; *" ";\n" text "${text}")
string(REPLACE "* " "*" text "${text}")
string(STRIP "${text}" PROTOTYPES)
string(APPEND PROTOTYPES "\n")
configure_file(${SOURCE_DIR}/cmake/${NAME}.h.in ${OUTPUT} @ONLY)
