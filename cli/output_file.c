/* cli/output_file.c: temporaries, reservation, commit and roll-back.
 * The disk space is reserved before anything is computed, so a full disk is an error message and
 * not a signal in the middle of a run. Neighbours: cli/watch.c (signals that end a run). */
#define _XOPEN_SOURCE 700 /* realpath; NOLINT(bugprone-reserved-identifier) */
#include "cli/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/report.h"

static output_file *volatile existing; /* the temporaries that exist now */

bool output_write_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(fd, at, length < (1u << 30) ? length : 1u << 30);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            at += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* Reports errno; an interruption is reported where the signal is (cli/watch.c). */
static bool fail(const output_file *file)
{
    if (errno != EINTR) {
        report_errno(file->name, errno);
    }
    return false;
}

/* --- the names -------------------------------------------------------------------------------- */

/* The directory part of a path with its '/', or "./", and where the last part begins. */
static char *split_directory(const char *path, const char **last)
{
    const char *slash = strrchr(path, '/');
    *last = slash ? slash + 1 : path;
    return slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");
}

/* directory + "/" + last, newly allocated; NULL with errno set. */
static char *join(const char *directory, const char *last)
{
    size_t size = strlen(directory) + strlen(last) + 2;
    char *path = malloc(size);
    if (path) {
        bool is_root = strcmp(directory, "/") == 0;
        (void)snprintf(path, size, "%s/%s", is_root ? "" : directory, last);
    }
    return path;
}

/* The absolute name of the file that must be replaced, so that a link stays a link. */
static char *resolve_target(const char *name)
{
    struct stat found;
    if (lstat(name, &found) == 0 && S_ISLNK(found.st_mode)) {
        return realpath(name, NULL);
    }
    const char *last;
    char *directory = split_directory(name, &last);
    char *absolute = directory ? realpath(directory, NULL) : NULL;
    char *target = absolute ? join(absolute, last) : NULL;
    free(directory);
    free(absolute);
    return target;
}

/* Resolves the name and checks that what is there may be replaced. */
static bool find_target(output_file *file)
{
    struct stat found;
    if (file->name[0] == '\0') {
        errno = ENOENT;
        return fail(file);
    }
    file->target = resolve_target(file->name);
    if (!file->target) {
        return fail(file);
    }
    file->existed = stat(file->target, &found) == 0;
    if (!file->existed) {
        return errno == ENOENT || fail(file);
    }
    if (!S_ISREG(found.st_mode)) {
        report("%s: %s", file->name,
               S_ISDIR(found.st_mode) ? "is a directory" : "is not a regular file");
        return false;
    }
    return access(file->target, W_OK) == 0 || fail(file);
}

/* --- the temporary ---------------------------------------------------------------------------- */

/* mkstemp, and the file is among the existing ones: no signal comes between the two, as its handler
 * may be one that removes these. */
static void make_and_register(output_file *file, char *path)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    file->fd = mkstemp(path);
    int error_number = errno;
    if (file->fd >= 0) {
        file->temporary = path;
        file->next = existing;
        existing = file;
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error_number;
}

static bool make_temporary(output_file *file)
{
    static const char pattern[] = ".weft-XXXXXX";
    const char *last;
    char *directory = split_directory(file->target, &last);
    size_t size = directory ? strlen(directory) + sizeof pattern : 0;
    char *path = directory ? malloc(size) : NULL;
    if (path) {
        (void)snprintf(path, size, "%s%s", directory, pattern);
        make_and_register(file, path);
    }
    free(directory);
    if (file->fd < 0) {
        int error_number = path ? errno : ENOMEM;
        free(path);
        errno = error_number;
        return fail(file);
    }
    return true;
}

/* The permissions of the file that is replaced, or those that any new file gets. */
static bool set_permissions(const output_file *file)
{
    struct stat found;
    mode_t mask = umask(0);
    (void)umask(mask);
    mode_t mode = 0666 & ~mask;
    if (file->existed && stat(file->target, &found) == 0) {
        mode = found.st_mode & 07777;
    }
    return fchmod(file->fd, mode) == 0 || fail(file);
}

/* Whether the disk has that much room now: asking first spares a hopeless attempt to take it. */
static bool has_room(const output_file *file)
{
    struct statvfs disk;
    if (fstatvfs(file->fd, &disk) != 0 || disk.f_blocks == 0) {
        return true; /* not known */
    }
    return file->length / disk.f_frsize <= disk.f_bavail;
}

/* Where the file system cannot reserve, zeros are written. */
static bool reserve(const output_file *file)
{
    static const char zeros[65536];
    if (file->length == 0) {
        return true;
    }
    if (!has_room(file)) {
        errno = ENOSPC;
        return fail(file);
    }
    errno = posix_fallocate(file->fd, 0, (off_t)file->length);
    if (errno == 0) {
        return true;
    }
    if (errno != EOPNOTSUPP && errno != EINVAL) {
        return fail(file);
    }
    for (size_t done = 0; done < file->length;) {
        size_t part = file->length - done < sizeof zeros ? file->length - done : sizeof zeros;
        if (!output_write_all(file->fd, zeros, part)) {
            return fail(file);
        }
        done += part;
    }
    return lseek(file->fd, 0, SEEK_SET) == 0 || fail(file);
}

bool output_file_create(output_file *file, const char *name, size_t length)
{
    *file = (output_file){.name = name, .length = length, .fd = -1};
    return find_target(file) && make_temporary(file) && set_permissions(file) && reserve(file);
}

bool output_file_map(output_file *file)
{
    void *mapped = mmap(NULL, file->length, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
    if (mapped == MAP_FAILED) {
        return fail(file);
    }
    file->bytes = mapped;
    return true;
}

bool output_file_write(output_file *file, const void *bytes, size_t length)
{
    return output_write_all(file->fd, bytes, length) || fail(file);
}

bool output_file_flush(output_file *file)
{
    if (file->bytes && msync(file->bytes, file->length, MS_SYNC) != 0) {
        return fail(file);
    }
    return fsync(file->fd) == 0 || errno == EINVAL || fail(file);
}

/* --- the commit ------------------------------------------------------------------------------- */

/* Gives the old target a second name, from which it can be put back. File systems without hard
 * links go without. */
static void keep_backup(output_file *file)
{
    size_t size = strlen(file->temporary) + 5;
    file->backup = file->existed ? malloc(size) : NULL;
    if (!file->backup) {
        return;
    }
    (void)snprintf(file->backup, size, "%s-old", file->temporary);
    if (link(file->target, file->backup) != 0) {
        free(file->backup);
        file->backup = NULL;
    }
}

static void drop_backup(output_file *file)
{
    if (file->backup) {
        (void)unlink(file->backup);
        free(file->backup);
        file->backup = NULL;
    }
}

static void put_back(output_file *file)
{
    if (!file->renamed) {
        return;
    }
    if (file->backup) {
        (void)rename(file->backup, file->target);
    } else if (!file->existed) {
        (void)unlink(file->target);
    }
}

static void forget_temporary(output_file *file)
{
    output_file *before = NULL;
    for (output_file *at = existing; at; before = at, at = at->next) {
        if (at == file && before) {
            before->next = file->next;
        } else if (at == file) {
            existing = file->next;
        }
    }
}

static bool rename_one(output_file *file)
{
    if (rename(file->temporary, file->target) != 0) {
        report_errno(file->name, errno);
        return false;
    }
    file->renamed = true;
    forget_temporary(file);
    return true;
}

bool output_files_commit(output_file *const *files, size_t count)
{
    bool done = true;
    for (size_t i = 0; count > 1 && i < count; i++) {
        keep_backup(files[i]);
    }
    for (size_t i = 0; i < count && done; i++) {
        done = rename_one(files[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!done) {
            put_back(files[i]);
        }
        drop_backup(files[i]);
    }
    return done;
}

void output_file_close(output_file *file)
{
    if (file->bytes) {
        (void)munmap(file->bytes, file->length);
    }
    if (file->temporary) {
        (void)close(file->fd);
        if (!file->renamed) {
            (void)unlink(file->temporary);
            forget_temporary(file);
        }
    }
    free(file->target);
    free(file->temporary);
    *file = (output_file){0};
}

void output_files_abandon(void)
{
    for (const output_file *file = existing; file; file = file->next) {
        (void)unlink(file->temporary);
    }
}
