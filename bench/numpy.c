/* bench/numpy.c: see bench/numpy.h. */
#include "bench/numpy.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/operands.h"

/* There is one such process at a time, as there is one clock. */
static FILE *requests, *answers; /* NULL: not running */
static pid_t process;
static void (*old_sigpipe)(int); /* a write to a process that has died is an error, no more */

/* The child's side: never returns. Debian's own Python first: it is the one with Debian's NumPy. */
static void become_python(const int to_child[2], const int from_child[2], const char *script)
{
    char first[] = "/usr/bin/python3", second[] = "python3";
    char *path = strdup(script);
    char *arguments[] = {first, path, NULL};
    if (path && dup2(to_child[0], STDIN_FILENO) >= 0 && dup2(from_child[1], STDOUT_FILENO) >= 0) {
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
static bool start(const char *script)
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
        become_python(to_child, from_child, script);
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
static bool answer(char *line, int size)
{
    if (!answers || !fgets(line, size, answers))
        return false;
    line[strcspn(line, "\n")] = '\0';
    return true;
}

void numpy_stop(void)
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
}

void numpy_start(peer_list *peers, const char *folder)
{
    char script[4096], version[64];
    peer_entry *entry = &peers->items[peers->count];
    if (peers->count == PEERS_MAX)
        return;
    peers->count++;
    *entry = (peer_entry){.name = "numpy"};
    (void)snprintf(script, sizeof script, "%s/numpy_peer.py", folder);
    if (access(script, R_OK) != 0) {
        (void)snprintf(entry->note, sizeof entry->note, "missing: not built (target bench_peers)");
        return;
    }
    (void)fflush(stdout); /* or the child would have it too */
    old_sigpipe = signal(SIGPIPE, SIG_IGN);
    const bool running = start(script) && answer(version, sizeof version);
    if (running && strncmp(version, "NumPy", 5) == 0) {
        (void)snprintf(entry->note, sizeof entry->note, "%s, arrays reused (out=)", version);
        return;
    }
    (void)snprintf(entry->note, sizeof entry->note, "missing: %s",
                   running ? version : "Python did not start");
    numpy_stop();
}

bool numpy_prepare(numpy_call *call, const ops_case *c, size_t n)
{
    char line[16];
    if (!requests || c->out != WEFT_F32 || c->in[0] != WEFT_F32 || c->scalars)
        return false;
    const operand_range a = operand_range_of(c->operation, 0);
    const operand_range b = operand_range_of(c->operation, 1);
    *call = (numpy_call){c, n};
    (void)fprintf(requests, "prepare %s %zu %g %g %g %g\n", c->operation, n, a.low, a.high, b.low,
                  b.high);
    (void)fflush(requests);
    return answer(line, sizeof line) && strcmp(line, "ok") == 0;
}

double numpy_sample(void *self, uint64_t calls)
{
    char line[64];
    (void)self;
    if (!requests)
        return -1;
    (void)fprintf(requests, "run %llu\n", (unsigned long long)calls);
    (void)fflush(requests);
    return answer(line, sizeof line) ? strtod(line, NULL) : -1;
}
