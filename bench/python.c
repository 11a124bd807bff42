/* bench/python.c: see bench/python.h. */
#include "bench/python.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIBRARIES_MAX = 4, LINE = 512 };

static FILE *requests, *answers; /* NULL: not running */
static pid_t process;
static void (*old_sigpipe)(int); /* a write to a process that has died is an error, no more */
static const char *found[LIBRARIES_MAX + 1];
static int prepared; /* calls since the last python_clear */

/* The child's side: never returns. Debian's own Python first: it is the one with Debian's NumPy. */
static void become_python(const int to_child[2], const int from_child[2], const char *script,
                          const char *const *libraries)
{
    char first[] = "/usr/bin/python3", second[] = "python3";
    char *arguments[LIBRARIES_MAX + 3] = {first, strdup(script)};
    bool done = arguments[1] != NULL;
    for (size_t i = 0; done && i < LIBRARIES_MAX && libraries[i]; i++) {
        arguments[2 + i] = strdup(libraries[i]);
        done = arguments[2 + i] != NULL;
    }
    if (done && dup2(to_child[0], STDIN_FILENO) >= 0 && dup2(from_child[1], STDOUT_FILENO) >= 0) {
        (void)close(to_child[0]);
        (void)close(to_child[1]);
        (void)close(from_child[0]);
        (void)close(from_child[1]);
        (void)execv(first, arguments);
        arguments[0] = second;
        (void)execvp(second, arguments);
    }
    _exit(127);
}

/* Starts it; false where the system refuses. */
static bool start(const char *script, const char *const *libraries)
{
    int to_child[2], from_child[2];
    if (pipe(to_child) != 0)
        return false;
    if (pipe(from_child) != 0) {
        (void)close(to_child[0]);
        (void)close(to_child[1]);
        return false;
    }
    process = fork();
    if (process == 0)
        become_python(to_child, from_child, script, libraries);
    (void)close(to_child[0]);
    (void)close(from_child[1]);
    requests = process > 0 ? fdopen(to_child[1], "w") : NULL;
    answers = process > 0 ? fdopen(from_child[0], "r") : NULL;
    if (!requests)
        (void)close(to_child[1]);
    if (!answers)
        (void)close(from_child[0]);
    return requests && answers;
}

/* The next answer without its newline; false where there is none. */
static bool answer(char line[LINE])
{
    if (!answers || !fgets(line, LINE, answers))
        return false;
    line[strcspn(line, "\n")] = '\0';
    return true;
}

/* The answer to what was written last. */
static bool ask(char line[LINE])
{
    (void)fflush(requests);
    return answer(line);
}

void python_stop(void)
{
    if (requests)
        (void)fclose(requests); /* the end of its input ends it */
    if (answers)
        (void)fclose(answers);
    requests = answers = NULL;
    while (process > 0 && waitpid(process, NULL, 0) < 0 && errno == EINTR) {
    }
    if (process > 0)
        (void)signal(SIGPIPE, old_sigpipe);
    process = 0;
    found[0] = NULL;
}

/* Adds an entry without a note for each library, as far as there is room; their number. */
static int add_entries(peer_list *peers, const char *const *libraries)
{
    int count = 0;
    while (count < LIBRARIES_MAX && libraries[count] && peers->count < PEERS_MAX) {
        peer_entry *entry = &peers->items[peers->count++];
        *entry = (peer_entry){.module = NULL};
        (void)snprintf(entry->name, sizeof entry->name, "%s", libraries[count++]);
    }
    return count;
}

/* "found NumPy 1.24.2", or what else the script says, for each library. */
static bool read_versions(peer_entry *entries, int count, const char *const *libraries)
{
    static const char said[] = "found ";
    char line[LINE];
    int any = 0;
    for (int i = 0; i < count; i++) {
        if (!answer(line))
            return false;
        if (strncmp(line, said, sizeof said - 1) == 0) {
            (void)snprintf(entries[i].note, sizeof entries[i].note, "%.200s",
                           line + sizeof said - 1);
            found[any++] = libraries[i];
        } else
            (void)snprintf(entries[i].note, sizeof entries[i].note, "missing: %.200s", line);
    }
    found[any] = NULL;
    return any > 0;
}

void python_start(peer_list *peers, const char *folder, const char *const *libraries)
{
    char script[4096];
    peer_entry *entries = &peers->items[peers->count];
    const int count = add_entries(peers, libraries);
    const char *why = "missing: Python did not start";
    (void)snprintf(script, sizeof script, "%s/python_peer.py", folder);
    if (access(script, R_OK) != 0)
        why = "missing: not built (target bench_peers)";
    else {
        (void)fflush(stdout); /* or the child would have it too */
        old_sigpipe = signal(SIGPIPE, SIG_IGN);
        if (!start(script, libraries) || !read_versions(entries, count, libraries))
            python_stop();
    }
    for (int i = 0; i < count; i++)
        if (!entries[i].note[0])
            (void)snprintf(entries[i].note, sizeof entries[i].note, "%s", why);
}

bool python_has(const char *library)
{
    for (int i = 0; requests && found[i]; i++)
        if (strcmp(found[i], library) == 0)
            return true;
    return false;
}

void python_clear(void)
{
    char line[LINE];
    prepared = 0;
    if (!requests)
        return;
    (void)fputs("clear\n", requests);
    (void)ask(line);
}

void python_array(const char *name, weft_dtype type, int32_t rank, const int64_t *shape,
                  const void *data)
{
    char line[LINE];
    size_t bytes = weft_dtype_size(type);
    if (!requests)
        return;
    (void)fprintf(requests, "array %s %s", name, weft_dtype_name(type));
    for (int32_t d = 0; d < rank; d++) {
        (void)fprintf(requests, " %lld", (long long)shape[d]);
        bytes *= (size_t)shape[d];
    }
    (void)fputc('\n', requests);
    (void)fwrite(data, 1, bytes, requests);
    (void)ask(line); /* what went wrong shows when something is to be computed of it */
}

bool python_prepare(python_call *call, const char *library, int threads, const char *what)
{
    char line[LINE];
    if (!python_has(library))
        return false;
    *call = (python_call){prepared};
    (void)fprintf(requests, "call %s %d %s\n", library, threads, what);
    const bool done = ask(line) && strcmp(line, "ok") == 0;
    prepared += done;
    return done;
}

double python_sample(void *self, uint64_t calls)
{
    const python_call *call = self;
    char line[LINE];
    if (!requests)
        return -1;
    (void)fprintf(requests, "run %d %llu\n", call->number, (unsigned long long)calls);
    return ask(line) && line[0] >= '0' && line[0] <= '9' ? strtod(line, NULL) : -1;
}

bool python_result(const python_call *call, int number, void *to, size_t bytes)
{
    char line[LINE];
    if (!requests)
        return false;
    (void)fprintf(requests, "result %d %d %zu\n", call->number, number, bytes);
    return ask(line) && strcmp(line, "ok") == 0 && fread(to, 1, bytes, answers) == bytes;
}
