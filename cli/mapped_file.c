/* cli/mapped_file.c: maps regular files.
 * A file that another process cuts short during a run is a SIGBUS: see cli/watch.c. */
#include "cli/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/report.h"

static bool map(mapped_file *file, const char *name, int fd, bool writable_copy)
{
    struct stat found;
    if (fstat(fd, &found) != 0) {
        report_errno(name, errno);
        return false;
    }
    if (!S_ISREG(found.st_mode)) {
        report("%s: %s", name, S_ISDIR(found.st_mode) ? "is a directory" : "is not a regular file");
        return false;
    }
    if ((uintmax_t)found.st_size > (uintmax_t)PTRDIFF_MAX) {
        report_errno(name, EFBIG);
        return false;
    }
    if (found.st_size == 0) {
        return true;
    }
    int protection = writable_copy ? PROT_READ | PROT_WRITE : PROT_READ;
    void *mapped = mmap(NULL, (size_t)found.st_size, protection, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED) {
        report_errno(name, errno);
        return false;
    }
    file->bytes = mapped;
    file->length = (size_t)found.st_size;
    return true;
}

bool mapped_file_open(mapped_file *file, const char *name, bool writable_copy)
{
    *file = (mapped_file){0};
    /* O_NONBLOCK: a pipe is refused, not waited for. */
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        report_errno(name, errno);
        return false;
    }
    bool done = map(file, name, fd, writable_copy);
    (void)close(fd);
    return done;
}

void mapped_file_close(mapped_file *file)
{
    if (file->bytes) {
        (void)munmap(file->bytes, file->length);
    }
    *file = (mapped_file){0};
}
