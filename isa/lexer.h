/* isa/lexer.h: reading assembly text line by line: words, numbers, signs, places.
 * Never reads beyond the text, which need not end in NUL. */
#ifndef WEFT_ISA_LEXER_H
#define WEFT_ISA_LEXER_H

#include "isa/base.h"

typedef struct weft_lexer {
    const char *text;
    size_t length, at;
    size_t line_start;
    int32_t line; /* from 1 */
    weft_error *error;
} weft_lexer;

typedef struct weft_word {
    const char *text; /* in the source, not terminated */
    size_t length;
    int32_t line, column;
} weft_word;

/* Skips blanks and a comment, not the end of the line. */
void weft_lex_blanks(weft_lexer *lexer);
bool weft_lex_end_of_line(weft_lexer *lexer);
bool weft_lex_end_of_text(const weft_lexer *lexer);
void weft_lex_next_line(weft_lexer *lexer);

/* The next character after blanks, or 0 at the end of the line. */
char weft_lex_peek(weft_lexer *lexer);
/* Takes that sign if it is next. */
bool weft_lex_take(weft_lexer *lexer, char sign);
/* Takes that word if it is next. */
bool weft_lex_take_word(weft_lexer *lexer, const char *word);
/* The place of what comes next. */
weft_word weft_lex_here(weft_lexer *lexer);
/* A name: a letter or _, then letters, digits, _; length 0 if there is none. */
weft_word weft_lex_name(weft_lexer *lexer);
/* Everything up to a blank, comma, bracket (parentheses aside) or comment. */
weft_word weft_lex_token(weft_lexer *lexer);
/* A whole number, perhaps negative, decimal or 0x. False: none there, or outside [lo, hi]. */
bool weft_lex_integer(weft_lexer *lexer, int64_t lo, int64_t hi, int64_t *value);

/* Reports a syntax error at a word. */
weft_status weft_lex_fail(weft_lexer *lexer, const weft_word *where, const char *format, ...)
    WEFT_PRINTF(3, 4);

bool weft_word_is(const weft_word *word, const char *text);
/* Length of a word for "%.*s", cut to what a message can hold. */
int weft_word_shown(const weft_word *word);

#endif
