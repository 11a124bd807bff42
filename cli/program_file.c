/* cli/program_file.c: reads programs (from pipes too), and writes images and text.
 * Neighbours: cli/output_file.h (whole-file replacement), cli/report.h (errors with their place).
 */
#include "cli/program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    file->is_image =
        done && file->length >= sizeof magic && memcmp(file->bytes, magic, sizeof magic) == 0;
    return done;
}

bool program_file_load(program_file *file, const weft_context_options *options)
{
    weft_error error;
    weft_level level;
    weft_status status =
        weft_level_default(&level, &error); /* says what is wrong with WEFT_LEVEL */
    if (status == WEFT_OK) {
        status = weft_context_create(options, &file->context);
    }
    if (status != WEFT_OK) {
        report("%s", error.status ? error.message : weft_status_text(status));
        return false;
    }
    if (file->is_image) {
        status = weft_load(file->context, file->bytes, file->length, &file->program, &error);
    } else {
        status = weft_assemble(file->context, file->bytes, file->length, &file->program, &error);
    }
    if (status != WEFT_OK) {
        report_library_error(file->name, &error, file->bytes, file->length);
    }
    return status == WEFT_OK;
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
