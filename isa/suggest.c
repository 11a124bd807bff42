/* isa/suggest.c: edit distance, with exchanged neighbours as one edit (isa/suggest.h).
 * Optimal string alignment; names are short, so three rows on the stack do. */
#include "isa/suggest.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t replaced = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(replaced, 1 + least(last[j], row[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[m];
}

void weft_suggest(weft_suggestion *suggestion, const char *candidate)
{
    size_t m = strlen(candidate);
    if (suggestion->length > LONGEST || m > LONGEST || m == 0)
        return;
    size_t found = distance(suggestion->wanted, suggestion->length, candidate, m);
    size_t limit = suggestion->length <= 3 ? 1 : suggestion->length <= 6 ? 2 : 3;
    if (found > limit || found >= m)
        return;
    /* Of two that are equally near the longer one: letters are left out more often than added. */
    if (suggestion->best && (found > suggestion->distance ||
                             (found == suggestion->distance && m <= strlen(suggestion->best))))
        return;
    suggestion->best = candidate;
    suggestion->distance = found;
}

const char *weft_suggestion_phrase(const weft_suggestion *suggestion,
                                   char phrase[WEFT_SUGGESTION_SIZE])
{
    phrase[0] = 0;
    if (suggestion->best)
        snprintf(phrase, WEFT_SUGGESTION_SIZE, "; did you mean '%s'?", suggestion->best);
    return phrase;
}
