/* tests/unit/test_suggest.c: "did you mean" (isa/suggest.h): the nearest candidate, the first of
 * equals, and nothing that is far. */
#include "isa/suggest.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *nearest(const char *wanted, const char *const *candidates)
{
    weft_suggestion suggestion = {wanted, strlen(wanted), NULL, 0};
    for (; *candidates; candidates++)
        weft_suggest(&suggestion, *candidates);
    return suggestion.best;
}

static const char *const words[] = {"add",  "sub",   "sqrt",   "rsqrt",  "gather", "scatter",
                                    "loop", "strip", "minval", "maxval", "sum",    NULL};

Test(suggest, one_edit)
{
    cr_expect_str_eq(nearest("ad", words), "add");        /* left out */
    cr_expect_str_eq(nearest("addd", words), "add");      /* too much */
    cr_expect_str_eq(nearest("adx", words), "add");       /* another letter */
    cr_expect_str_eq(nearest("dad", words), "add");       /* neighbours exchanged */
    cr_expect_str_eq(nearest("gahter", words), "gather"); /* the same, in the middle */
    cr_expect_str_eq(nearest("lopo", words), "loop");     /* the same, at the end */
}

Test(suggest, several_edits)
{
    cr_expect_str_eq(nearest("squrt", words), "sqrt");
    cr_expect_str_eq(nearest("scater", words), "scatter");
    cr_expect_str_eq(nearest("maxvla", words), "maxval");
    cr_expect_str_eq(nearest("scattter", words), "scatter");
}

Test(suggest, the_nearer_one)
{
    cr_expect_str_eq(nearest("rsqt", words), "rsqrt"); /* one edit; sqrt is two away */
    cr_expect_str_eq(nearest("minvel", words), "minval");
    static const char *const twins[] = {"aab", "aac", NULL};
    cr_expect_str_eq(nearest("aad", twins), "aab", "the first of equals");
}

Test(suggest, nothing_near)
{
    cr_expect_null(nearest("xyz", words));
    cr_expect_null(nearest("multiply", words));
    cr_expect_null(nearest("", words));
    cr_expect_null(nearest("a", words));
    static const char *const none[] = {NULL};
    cr_expect_null(nearest("add", none));
    static const char *const empty[] = {"", NULL};
    cr_expect_null(nearest("a", empty));
}

/* A short name is not "near" to one of which nothing is left. */
Test(suggest, nothing_in_common)
{
    static const char *const one[] = {"x", NULL};
    cr_expect_null(nearest("y", one));
    cr_expect_null(nearest("ab", one));
}

Test(suggest, length_is_bounded)
{
    char longest[64], longer[65];
    memset(longest, 'a', 63);
    memset(longer, 'a', 64);
    longest[63] = longer[64] = 0;
    const char *const candidates[] = {longest, NULL};
    const char *const too_long[] = {longer, NULL};
    cr_expect_eq(nearest(longest, candidates), (const char *)longest);
    cr_expect_null(nearest(longer, candidates));
    cr_expect_null(nearest(longest, too_long));
    longest[5] = 'b';
    longest[40] = 'c';
    char wanted[64];
    memset(wanted, 'a', 63);
    wanted[63] = 0;
    cr_expect_eq(nearest(wanted, candidates), (const char *)longest);
}

/* The text need not end in NUL. */
Test(suggest, words_of_a_text)
{
    weft_suggestion suggestion = {"sums, v0", 4, NULL, 0};
    weft_suggest(&suggestion, "sum");
    cr_expect_str_eq(suggestion.best, "sum");
    cr_expect_eq(suggestion.distance, 1);
}
