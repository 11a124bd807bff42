/* cli/report.h: everything that the command says on stderr, in one form: "weft: PLACE: message".
 * The library never prints; its weft_error is worded here. Neighbours: every file of cli/. */
#ifndef WEFT_CLI_REPORT_H
#define WEFT_CLI_REPORT_H

#include <weft/status.h>

/* Exit statuses. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* One line, "weft: " before it; control characters in it are shown as '?'. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "weft: NAME: text of the error number". */
void report_errno(const char *name, int error_number);

/* A failed call of the library on file `name`: place, message and, where `text` (of `length` bytes,
 * or NULL) is the source that the error's line is a line of, that line with a caret. */
void report_library_error(const char *name, const weft_error *error, const char *text,
                          size_t length);

/* Flushes stdout: status, or EXIT_FAILED with a report if not all of it could be written. */
int report_stdout_written(int status);

#endif
