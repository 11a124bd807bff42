/* cli/report.c: words errors; control bytes of untrusted files never reach the terminal.
 * A text error shows its source line with a caret, clipped where the line is very long.
 * Neighbours: cli/commands.c (usage errors), every caller of the library. */
#include "cli/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Most bytes of a source line that are shown, and how many of them before the caret. */
#define SHOWN_BYTES  120
#define SHOWN_BEFORE 80

/* Length of the character at `at` (before `end`) in UTF-8, or 1 with *shown false where the bytes
 * are none or it is a control character, which a terminal might obey. */
static size_t next_character(const char *at, const char *end, bool *shown)
{
    const unsigned char *byte = (const unsigned char *)at;
    size_t length = byte[0] < 0x80 ? 1 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
    *shown =
        byte[0] < 0x80 ? byte[0] >= 0x20 && byte[0] != 0x7f : byte[0] >= 0xc2 && byte[0] < 0xf5;
    *shown = *shown && length <= (size_t)(end - at);
    for (size_t i = 1; *shown && i < length; i++) {
        *shown = (byte[i] & 0xc0) == 0x80;
    }
    if (*shown && byte[0] == 0xc2 && byte[1] < 0xa0) {
        *shown = false;
    }
    return *shown ? length : 1;
}

/* Prints text on stderr with '?' for all that is not shown, but for tabs if they are kept. */
static void print_clean(const char *text, size_t length, bool keep_tabs)
{
    const char *end = text + length;
    bool shown;
    for (size_t step; text < end; text += step) {
        step = next_character(text, end, &shown);
        if (shown || (keep_tabs && *text == '\t')) {
            (void)fwrite(text, 1, step, stderr);
        } else {
            (void)fputc('?', stderr);
        }
    }
}

void report(const char *format, ...)
{
    char line[8192];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(line, sizeof line, format, values);
    va_end(values);
    (void)fputs("weft: ", stderr);
    print_clean(line, strlen(line), false);
    (void)fputc('\n', stderr);
}

void report_errno(const char *name, int error_number)
{
    report("%s: %s", name, strerror(error_number));
}

/* The source line `number` (from 1); NULL where there is none. */
static const char *find_line(const char *text, size_t length, int32_t number, size_t *line_length)
{
    const char *end = text + length;
    for (int32_t i = 1; i < number; i++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        if (!newline) {
            return NULL;
        }
        text = newline + 1;
    }
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    *line_length = (size_t)((newline ? newline : end) - text);
    if (*line_length > 0 && text[*line_length - 1] == '\r') {
        --*line_length;
    }
    return text;
}

/* Prints a line and, under byte `place`, a caret. Tabs stand in both lines, so they align. */
static void show_place(const char *line, size_t length, size_t place)
{
    size_t start = place > SHOWN_BEFORE ? place - SHOWN_BEFORE : 0;
    size_t end = length - start > SHOWN_BYTES ? start + SHOWN_BYTES : length;
    bool shown;
    (void)fputs("    ", stderr);
    print_clean(line + start, end - start, true);
    (void)fputs("\n    ", stderr);
    for (size_t at = start; at < place; at += next_character(line + at, line + end, &shown)) {
        (void)fputc(line[at] == '\t' ? '\t' : ' ', stderr);
    }
    (void)fputs("^\n", stderr);
}

/* Appends "pc 3, rule V07: " or the like for the parts of the place that apply. */
static void format_place(char *place, size_t size, const weft_error *error)
{
    int used = 0;
    place[0] = '\0';
    if (error->byte >= 0 && error->status == WEFT_ERR_IMAGE) {
        used += snprintf(place, size, "byte %" PRId64, error->byte);
    }
    if (error->line <= 0 && error->pc >= 0) {
        used += snprintf(place + used, size - (size_t)used, "%spc %" PRId64, used ? ", " : "",
                         error->pc);
    }
    if (error->element >= 0) {
        used += snprintf(place + used, size - (size_t)used, "%selement %" PRId64, used ? ", " : "",
                         error->element);
    }
    if (error->rule > 0) {
        used += snprintf(place + used, size - (size_t)used, "%srule V%02" PRId32, used ? ", " : "",
                         error->rule);
    }
    if (used) {
        (void)snprintf(place + used, size - (size_t)used, ": ");
    }
}

void report_library_error(const char *name, const weft_error *error, const char *text,
                          size_t length)
{
    char place[128];
    const char *message = error->message[0] ? error->message : weft_status_text(error->status);
    format_place(place, sizeof place, error);
    if (error->line <= 0) {
        report("%s: %s%s", name, place, message);
        return;
    }
    int32_t column = error->column > 0 ? error->column : 1;
    report("%s:%" PRId32 ":%" PRId32 ": %s%s", name, error->line, column, place, message);
    size_t line_length = 0;
    const char *line = text ? find_line(text, length, error->line, &line_length) : NULL;
    if (line && line_length > 0) {
        size_t at = (size_t)column - 1;
        show_place(line, line_length, at < line_length ? at : line_length);
    }
}

int report_stdout_written(int status)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) != 0 || failed) {
        report("standard output: %s", errno ? strerror(errno) : "not all of it could be written");
        return EXIT_FAILED;
    }
    return status;
}
