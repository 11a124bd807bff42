/* cli/program_file.h: a program in a file: an image, told by its content; a text in the language,
 * told by its name (.weft); or assembly.
 * Neighbours: cli/cmd_asm.c, cli/cmd_compile.c, cli/cmd_dis.c, cli/cmd_verify.c, cli/cmd_run.c. */
#ifndef WEFT_CLI_PROGRAM_FILE_H
#define WEFT_CLI_PROGRAM_FILE_H

#include <stdbool.h>

#include <weft/compile.h>
#include <weft/weft.h>

typedef enum program_kind {
    PROGRAM_ASSEMBLY,
    PROGRAM_IMAGE,   /* begins with the magic of an image */
    PROGRAM_LANGUAGE /* docs/language.md */
} program_kind;

typedef struct program_file {
    const char *name; /* as the user gave it */
    char *bytes;
    size_t length;
    program_kind kind;
    const weft_compile_options *compile; /* of a PROGRAM_LANGUAGE; NULL: defaults */
    weft_context *context;
    weft_program *program;
} program_file;

/* Reads a file and makes its program in a context of its own, with these options (NULL: all
 * defaults). False, with a report, where that fails. Close it in either case. */
bool program_file_read(program_file *file, const char *name);
bool program_file_load(program_file *file, const weft_context_options *options);
void program_file_close(program_file *file);

/* The file's name with ".wfb" for `extension`, or after it; free it. NULL, with a report. */
char *program_file_image_name(const program_file *file, const char *extension);

/* Writes the program's image; as program_file_write. */
bool program_file_save(const program_file *file, const char *out);

/* Writes `length` bytes to a file: replaced as a whole when all are written, or, where the name is
 * that of a device or pipe, written into it. False, with a report and no change, if that fails. */
bool program_file_write(const char *name, const void *bytes, size_t length);

#endif
