/* isa/suggest.h: "did you mean": the nearest of some names to a mistyped one. */
#ifndef WEFT_ISA_SUGGEST_H
#define WEFT_ISA_SUGGEST_H

#include <stddef.h>

typedef struct weft_suggestion {
    const char *wanted;
    size_t length;
    const char *best; /* NULL: nothing near */
    size_t distance;
} weft_suggestion;

/* Start with .wanted and .length; offer every candidate; read .best. */
void weft_suggest(weft_suggestion *suggestion, const char *candidate);

#endif
