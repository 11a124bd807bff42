/* cli/suggest.h: which known name a misspelled one was meant to be.
 * Neighbours: cli/commands.c (commands), cli/run_bindings.c (parameters). */
#ifndef WEFT_CLI_SUGGEST_H
#define WEFT_CLI_SUGGEST_H

#include <stddef.h>

/* Start with {.word = word}, offer every known name, then read best (NULL: none is near). */
typedef struct suggestion {
    const char *word;
    const char *best;
    size_t distance;
} suggestion;

void suggest_offer(suggestion *search, const char *name);

/* "; did you mean 'NAME'?" or "" in text, for the end of an error message. */
const char *suggest_text(const suggestion *search, char *text, size_t size);

#endif
