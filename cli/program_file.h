/* cli/program_file.h: a program in a file, as assembly text or as an image, told apart by content.
 * Neighbours: cli/cmd_asm.c, cli/cmd_dis.c, cli/cmd_verify.c, cli/cmd_run.c. */
#ifndef WEFT_CLI_PROGRAM_FILE_H
#define WEFT_CLI_PROGRAM_FILE_H

#include <stdbool.h>

#include <weft/weft.h>

typedef struct program_file {
    const char *name; /* as the user gave it */
    char *bytes;
    size_t length;
    bool is_image; /* begins with the magic of an image */
    weft_context *context;
    weft_program *program;
} program_file;

/* Reads a file and makes its program in a context of its own, with these options (NULL: all
 * defaults). False, with a report, where that fails. Close it in either case. */
bool program_file_read(program_file *file, const char *name);
bool program_file_load(program_file *file, const weft_context_options *options);
void program_file_close(program_file *file);

/* Writes `length` bytes to a file: replaced as a whole when all are written, or, where the name is
 * that of a device or pipe, written into it. False, with a report and no change, if that fails. */
bool program_file_write(const char *name, const void *bytes, size_t length);

#endif
