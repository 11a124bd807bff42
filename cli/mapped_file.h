/* cli/mapped_file.h: an input file in memory.
 * Neighbours: cli/run_arrays.c (the only user), cli/output_file.h (files that are written). */
#ifndef WEFT_CLI_MAPPED_FILE_H
#define WEFT_CLI_MAPPED_FILE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mapped_file {
    unsigned char *bytes; /* NULL where the file is empty */
    size_t length;
} mapped_file;

/* Maps a regular file read-only; with writable_copy, what is written to the memory stays there and
 * never reaches the file. False, with a report, where that fails. */
bool mapped_file_open(mapped_file *file, const char *name, bool writable_copy);

/* A zeroed file is allowed. */
void mapped_file_close(mapped_file *file);

#endif
