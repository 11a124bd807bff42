/* cli/pin.c: see cli/pin.h. Linux only: POSIX has no such call. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* affinity; NOLINT(bugprone-reserved-identifier) */
#endif
#include "cli/pin.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#if defined(__linux__)

/* Reads a CPU's number and moves behind it. */
static bool read_number(const char **text, size_t *number)
{
    char *end;
    errno = 0;
    if (**text < '0' || **text > '9')
        return false;
    const unsigned long value = strtoul(*text, &end, 10);
    *text = end;
    *number = value;
    return errno == 0 && value < CPU_SETSIZE;
}

static bool read_list(const char *text, cpu_set_t *set)
{
    CPU_ZERO(set);
    for (;;) {
        size_t first, last;
        if (!read_number(&text, &first))
            return false;
        last = first;
        if (*text == '-') {
            text++;
            if (!read_number(&text, &last) || last < first)
                return false;
        }
        for (size_t cpu = first; cpu <= last; cpu++)
            CPU_SET(cpu, set);
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
}

pin_status pin_to(const char *list)
{
    cpu_set_t set, got;
    if (!read_list(list, &set))
        return PIN_UNREADABLE;
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        return PIN_REFUSED;
    /* The system leaves out those that there are not, without a word. */
    if (sched_getaffinity(0, sizeof got, &got) == 0 && CPU_EQUAL(&set, &got))
        return PIN_DONE;
    errno = EINVAL;
    return PIN_REFUSED;
}

long pin_allowed(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

#else

pin_status pin_to(const char *list)
{
    (void)list;
    errno = ENOSYS;
    return PIN_REFUSED;
}

long pin_allowed(void)
{
    return 0;
}

#endif
