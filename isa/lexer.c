/* isa/lexer.c: reading assembly text (isa/lexer.h). */
#include "isa/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char current(const weft_lexer *lexer)
{
    return lexer->at < lexer->length ? lexer->text[lexer->at] : '\n';
}

void weft_lex_blanks(weft_lexer *lexer)
{
    while (current(lexer) == ' ' || current(lexer) == '\t' || current(lexer) == '\r')
        lexer->at++;
    if (current(lexer) == ';')
        while (current(lexer) != '\n')
            lexer->at++;
}

bool weft_lex_end_of_line(weft_lexer *lexer)
{
    weft_lex_blanks(lexer);
    return current(lexer) == '\n';
}

bool weft_lex_end_of_text(const weft_lexer *lexer)
{
    return lexer->at >= lexer->length;
}

void weft_lex_next_line(weft_lexer *lexer)
{
    while (current(lexer) != '\n')
        lexer->at++;
    lexer->at++;
    lexer->line_start = lexer->at;
    lexer->line++;
}

char weft_lex_peek(weft_lexer *lexer)
{
    return weft_lex_end_of_line(lexer) ? (char)0 : current(lexer);
}

bool weft_lex_take(weft_lexer *lexer, char sign)
{
    if (weft_lex_peek(lexer) != sign)
        return false;
    lexer->at++;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

weft_word weft_lex_here(weft_lexer *lexer)
{
    weft_lex_blanks(lexer);
    size_t at = lexer->at < lexer->length ? lexer->at : lexer->length;
    size_t column = at - lexer->line_start + 1;
    return (weft_word){lexer->text + at, 0, lexer->line,
                       column > INT32_MAX ? INT32_MAX : (int32_t)column};
}

weft_word weft_lex_name(weft_lexer *lexer)
{
    weft_word word = weft_lex_here(lexer);
    if (!is_letter(current(lexer)))
        return word;
    while (is_letter(current(lexer)) || is_digit(current(lexer)))
        lexer->at++;
    word.length = (size_t)(lexer->text + lexer->at - word.text);
    return word;
}

bool weft_lex_take_word(weft_lexer *lexer, const char *text)
{
    size_t at = lexer->at;
    weft_word word = weft_lex_name(lexer);
    if (weft_word_is(&word, text))
        return true;
    lexer->at = at;
    return false;
}

weft_word weft_lex_token(weft_lexer *lexer)
{
    weft_word word = weft_lex_here(lexer);
    while (!strchr(" \t\r\n,[];", current(lexer)))
        lexer->at++;
    word.length = (size_t)(lexer->text + lexer->at - word.text);
    return word;
}

static bool digit_value(char c, unsigned base, unsigned *value)
{
    if (is_digit(c))
        *value = (unsigned)(c - '0');
    else if (base == 16 && c >= 'a' && c <= 'f')
        *value = (unsigned)(c - 'a' + 10);
    else if (base == 16 && c >= 'A' && c <= 'F')
        *value = (unsigned)(c - 'A' + 10);
    else
        return false;
    return true;
}

bool weft_lex_integer(weft_lexer *lexer, int64_t lo, int64_t hi, int64_t *value)
{
    bool negative = weft_lex_take(lexer, '-'), over = false;
    unsigned base = 10, digit;
    uint64_t sum = 0;
    if (current(lexer) == '0' && lexer->at + 1 < lexer->length &&
        (lexer->text[lexer->at + 1] == 'x' || lexer->text[lexer->at + 1] == 'X')) {
        base = 16;
        lexer->at += 2;
    }
    if (!digit_value(current(lexer), base, &digit))
        return false;
    for (; digit_value(current(lexer), base, &digit); lexer->at++) {
        over |= sum > ((uint64_t)INT64_MAX - digit) / base;
        sum = over ? 0 : sum * base + digit;
    }
    *value = negative ? -(int64_t)sum : (int64_t)sum;
    return !over && !is_letter(current(lexer)) && *value >= lo && *value <= hi;
}

weft_status weft_lex_fail(weft_lexer *lexer, const weft_word *where, const char *format, ...)
{
    char message[WEFT_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return weft_fail_text(lexer->error, WEFT_ERR_SYNTAX, where->line, where->column, "%s", message);
}

bool weft_word_is(const weft_word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->text, text, word->length) == 0;
}

int weft_word_shown(const weft_word *word)
{
    return word->length > 60 ? 60 : (int)word->length;
}
