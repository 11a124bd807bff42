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

/* Room for the phrase below. */
enum { WEFT_SUGGESTION_SIZE = 96 };

/* Start with .wanted and .length; offer every candidate; read .best. */
void weft_suggest(weft_suggestion *suggestion, const char *candidate);
/* The end of a message: "; did you mean 'sqrt'?", or nothing where nothing is near. */
const char *weft_suggestion_phrase(const weft_suggestion *suggestion,
                                   char phrase[WEFT_SUGGESTION_SIZE]);

#endif
