/* cli/option_values.c: numbers, threads and backends as options give them.
 * Neighbours: cli/commands.h (usage errors), cli/simple_options.c. */
#include "cli/option_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"

bool option_number(const char **text, const char *stop, uint64_t most, uint64_t *out)
{
    char *end;
    if (**text < '0' || **text > '9') {
        return false;
    }
    errno = 0;
    unsigned long long value = strtoull(*text, &end, 10);
    if (errno != 0 || value > most || (*end && !strchr(stop, *end))) {
        return false;
    }
    *out = value;
    *text = end;
    return true;
}

int option_positive(const command *about, const char *option, const char *argument, uint64_t *out)
{
    const char *text = argument;
    if (option_number(&text, "", UINT64_MAX, out) && *out > 0) {
        return EXIT_DONE;
    }
    return command_usage_error(about, "%s '%s': expected a positive number", option, argument);
}

int option_threads(const command *about, const char *argument, uint32_t *out)
{
    const char *text = argument;
    uint64_t threads = 0;
    if (!option_number(&text, "", WEFT_MAX_THREADS, &threads) || threads == 0) {
        return command_usage_error(about, "--threads '%s': expected a number from 1 to %d",
                                   argument, WEFT_MAX_THREADS);
    }
    *out = (uint32_t)threads;
    return EXIT_DONE;
}

int option_backend(const command *about, const char *argument, uint32_t *out)
{
    static const struct {
        const char *name;
        weft_backend backend;
    } backends[] = {
#define ROW(NAME, value, text, counter, words) {text, WEFT_BACKEND_##NAME},
        WEFT_BACKEND_TABLE(ROW)
#undef ROW
    };
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (strcmp(argument, backends[i].name) == 0) {
            *out = backends[i].backend;
            return EXIT_DONE;
        }
    }
#define NAME_OF(NAME, value, text, counter, words) " or " text
    static const char names[] = WEFT_BACKEND_TABLE(NAME_OF);
    return command_usage_error(about, "--backend '%s': expected %s", argument,
                               names + strlen(" or "));
}

bool option_split(char *argument, named_text *out)
{
    char *equals = strchr(argument, '=');
    if (!equals || equals == argument) {
        return false;
    }
    *equals = '\0';
    *out = (named_text){argument, equals + 1};
    return true;
}
