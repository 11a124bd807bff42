/* cli/suggest.c: edit distance between short names, a swap of two neighbours counting as one edit.
 * Words longer than LONGEST get no suggestion: the cost stays bounded whatever is typed.
 * Neighbours: cli/commands.c, cli/run_bindings.c. */
#include "cli/suggest.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 64

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][LONGEST + 1]; /* row i is rows[i % 3]: distances of a's first i bytes */
    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = smaller(above[j - 1] + (a[i - 1] != b[j - 1]), above[j] + 1);
            row[j] = smaller(row[j], row[j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = smaller(row[j], rows[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return rows[a_length % 3][b_length];
}

void suggest_offer(suggestion *search, const char *name)
{
    size_t word_length = strlen(search->word);
    size_t name_length = strlen(name);
    if (word_length > LONGEST || name_length > LONGEST) {
        return;
    }
    /* One edit in a short word, one in every three bytes of a longer one. */
    size_t allowed = word_length < 6 ? 1 : word_length / 3;
    size_t distance = edit_distance(search->word, word_length, name, name_length);
    if (distance <= allowed && distance < name_length &&
        (!search->best || distance < search->distance)) {
        search->best = name;
        search->distance = distance;
    }
}

const char *suggest_text(const suggestion *search, char *text, size_t size)
{
    text[0] = '\0';
    if (search->best) {
        (void)snprintf(text, size, "; did you mean '%s'?", search->best);
    }
    return text;
}
