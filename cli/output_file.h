/* cli/output_file.h: files that come into being whole or not at all.
 * Each is a temporary next to its target, renamed over it once everything has been written; the
 * target keeps its content until then. Failures are reported here. Neighbours: cli/cmd_run.c,
 * cli/program_file.c. */
#ifndef WEFT_CLI_OUTPUT_FILE_H
#define WEFT_CLI_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct output_file {
    const char *name;     /* as the user gave it */
    char *target;         /* the file itself: links followed, directory made absolute */
    char *temporary;      /* in the target's directory */
    char *backup;         /* a second name of the old target during a commit of several */
    unsigned char *bytes; /* output_file_map */
    size_t length;
    int fd;
    bool existed;
    bool renamed;
    struct output_file *next; /* of the temporaries that exist */
} output_file;

/* Makes the temporary and reserves `length` bytes of the disk for it. False, with a report, where
 * that fails or the target cannot be one (a directory, a device). Close it in either case. */
bool output_file_create(output_file *file, const char *name, size_t length);

/* Maps the whole temporary for writing: file->bytes, zeroed. */
bool output_file_map(output_file *file);

/* Writes after what was written before. */
bool output_file_write(output_file *file, const void *bytes, size_t length);

/* Waits until everything is on the disk. */
bool output_file_flush(output_file *file);

/* Renames all temporaries over their targets. If one cannot be, the others' targets are put back.
 */
bool output_files_commit(output_file *const *files, size_t count);

/* Unmaps and closes; removes the temporary if it was not renamed. A zeroed file is allowed. */
void output_file_close(output_file *file);

/* Removes every temporary that exists. Async-signal-safe, for a process that must end at once. */
void output_files_abandon(void);

/* Writes all bytes to an open file; false with errno set. */
bool output_write_all(int fd, const void *bytes, size_t length);

#endif
