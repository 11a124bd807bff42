/* cli/program_file.c: reads programs (from pipes too), and writes images and text.
 * Neighbours: cli/output_file.h (whole-file replacement), cli/report.h (errors with their place).
 */
#include "cli/program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/open_context.h"
#include "cli/output_file.h"
#include "cli/report.h"

/* A program is far smaller; an array given by mistake need not be read to its end. */
#define LARGEST_PROGRAM ((size_t)64 << 20)

static bool read_to_end(program_file *file, int fd)
{
    size_t capacity = 0;
    for (;;) {
        if (file->length == capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            char *larger = realloc(file->bytes, capacity);
            if (!larger) {
                errno = ENOMEM;
                return false;
            }
            file->bytes = larger;
        }
        ssize_t got = read(fd, file->bytes + file->length, capacity - file->length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0;
        }
        file->length += (size_t)got;
        if (file->length > LARGEST_PROGRAM) {
            errno = EFBIG;
            return false;
        }
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

bool program_file_read(program_file *file, const char *name)
{
    static const char magic[4] = {'W', 'E', 'F', 'T'};
    *file = (program_file){.name = name};
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        report_errno(name, errno);
        return false;
    }
    bool done = read_to_end(file, fd);
    if (!done) {
        report_errno(name, errno);
    }
    (void)close(fd);
    bool is_image =
        done && file->length >= sizeof magic && memcmp(file->bytes, magic, sizeof magic) == 0;
    file->kind = is_image                   ? PROGRAM_IMAGE
                 : ends_with(name, ".weft") ? PROGRAM_LANGUAGE
                                            : PROGRAM_ASSEMBLY;
    return done;
}

/* The program that the bytes say. */
static weft_status make_program(program_file *file, weft_error *error)
{
    switch (file->kind) {
    case PROGRAM_IMAGE:
        return weft_load(file->context, file->bytes, file->length, &file->program, error);
    case PROGRAM_LANGUAGE:
        return weft_compile(file->context, file->bytes, file->length, file->compile, &file->program,
                            error);
    default:
        return weft_assemble(file->context, file->bytes, file->length, &file->program, error);
    }
}

bool program_file_load(program_file *file, const weft_context_options *options)
{
    weft_error error;
    if (!open_context(options, &file->context)) {
        return false;
    }
    weft_status status = make_program(file, &error);
    if (status != WEFT_OK) {
        report_library_error(file->name, &error, file->bytes, file->length);
    }
    return status == WEFT_OK;
}

char *program_file_image_name(const program_file *file, const char *extension)
{
    size_t length = strlen(file->name);
    size_t size = length + sizeof ".wfb";
    char *name = malloc(size);
    if (!name) {
        report("%s", strerror(ENOMEM));
        return NULL;
    }
    if (length > strlen(extension) && ends_with(file->name, extension)) {
        length -= strlen(extension);
    }
    (void)snprintf(name, size, "%.*s.wfb", (int)length, file->name);
    return name;
}

bool program_file_save(const program_file *file, const char *out)
{
    void *image;
    size_t length;
    weft_error error;
    if (weft_save(file->program, &image, &length, &error) != WEFT_OK) {
        report_library_error(file->name, &error, NULL, 0);
        return false;
    }
    bool done = program_file_write(out, image, length);
    weft_free(image);
    return done;
}

void program_file_close(program_file *file)
{
    weft_program_release(file->program);
    weft_context_destroy(file->context);
    free(file->bytes);
    *file = (program_file){0};
}

static bool write_into(const char *name, const void *bytes, size_t length)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && output_write_all(fd, bytes, length);
    int error_number = errno;
    if (fd >= 0 && close(fd) != 0 && done) {
        error_number = errno;
        done = false;
    }
    if (!done) {
        report_errno(name, error_number);
    }
    return done;
}

bool program_file_write(const char *name, const void *bytes, size_t length)
{
    struct stat found;
    if (stat(name, &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) {
        return write_into(name, bytes, length);
    }
    output_file file;
    output_file *files[] = {&file};
    bool done = output_file_create(&file, name, length) &&
                output_file_write(&file, bytes, length) && output_file_flush(&file) &&
                output_files_commit(files, 1);
    output_file_close(&file);
    return done;
}
