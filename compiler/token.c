/* compiler/token.c: reading tokens (compiler/token.h). */
#include "compiler/token.h"

#include <stdio.h>
#include <string.h>

#include "isa/literal.h"

static char at_offset(const weft_scanner *scanner, size_t offset)
{
    if (offset >= scanner->length - scanner->at)
        return 0;
    return scanner->text[scanner->at + offset];
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int digit_of(char c)
{
    return is_digit(c)              ? c - '0'
           : (c >= 'a' && c <= 'f') ? c - 'a' + 10
           : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                    : 99;
}

static void begin(const weft_scanner *scanner, weft_token *token)
{
    size_t column = scanner->at - scanner->line_start + 1;
    token->line = scanner->line;
    token->column = (int32_t)column;
    token->text = scanner->text + scanner->at;
    token->length = 0;
}

static weft_status fail_at(const weft_scanner *scanner, const weft_token *token,
                           const char *message)
{
    return weft_fail_text(scanner->error, WEFT_ERR_SYNTAX, token->line, token->column, "%s",
                          message);
}

/* --- blanks ----------------------------------------------------------------------------------- */

static void end_line(weft_scanner *scanner)
{
    scanner->at++;
    scanner->line++;
    scanner->line_start = scanner->at;
}

/* Blanks, comments, and inside brackets the ends of lines. */
static void skip_blanks(weft_scanner *scanner, weft_token *token)
{
    while (scanner->at < scanner->length) {
        char c = scanner->text[scanner->at];
        if (c == '#') {
            const char *end =
                memchr(scanner->text + scanner->at, '\n', scanner->length - scanner->at);
            scanner->at = end ? (size_t)(end - scanner->text) : scanner->length;
        } else if (c == '\n' && scanner->brackets) {
            token->on_next_line = true;
            end_line(scanner);
        } else if (c == ' ' || c == '\t' || c == '\r') {
            scanner->at++;
        } else {
            return;
        }
    }
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* Digits of a base with single underscores between them. False: not so. */
static bool skip_digits(weft_scanner *scanner, int base)
{
    bool digit = false;
    for (;; scanner->at++) {
        char c = at_offset(scanner, 0);
        if (c == '_' && digit && digit_of(at_offset(scanner, 1)) < base)
            continue;
        if (digit_of(c) >= base)
            return digit;
        digit = true;
    }
}

/* The mark, perhaps a sign, and digits. */
static bool skip_exponent(weft_scanner *scanner, char mark)
{
    if ((at_offset(scanner, 0) | 0x20) != mark)
        return false;
    size_t sign = at_offset(scanner, 1) == '+' || at_offset(scanner, 1) == '-';
    if (!is_digit(at_offset(scanner, 1 + sign)))
        return false;
    scanner->at += 1 + sign;
    return skip_digits(scanner, 10);
}

/* A point with the digits behind it; not the first of two points. */
static bool skip_fraction(weft_scanner *scanner, int base)
{
    if (at_offset(scanner, 0) != '.' || at_offset(scanner, 1) == '.')
        return false;
    scanner->at++;
    if (digit_of(at_offset(scanner, 0)) < base)
        skip_digits(scanner, base);
    return true;
}

static const char *read_integer(const char *digits, size_t length, int base, weft_token *token)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] == '_')
            continue;
        unsigned digit = (unsigned)digit_of(digits[i]);
        if (sum > (UINT64_MAX - digit) / (unsigned)base)
            return "the number does not fit 64 bits";
        sum = sum * (unsigned)base + digit;
    }
    token->type = sum > INT64_MAX ? WEFT_U64 : WEFT_I64;
    token->bits = sum;
    return NULL;
}

static const char *read_float(weft_token *token)
{
    char digits[WEFT_MAX_LITERAL + 1];
    size_t n = 0;
    for (size_t i = 0; i < token->length; i++) {
        if (token->text[i] == '_')
            continue;
        if (n == WEFT_MAX_LITERAL)
            return "the number is too long: 63 characters are the most";
        digits[n++] = token->text[i];
    }
    token->type = WEFT_F64;
    return weft_literal_parse(digits, n, WEFT_F64, &token->bits) ? "the number does not fit f64"
                                                                 : NULL;
}

static const char *read_number(weft_token *token, int base, bool is_float)
{
    if (is_float)
        return read_float(token);
    size_t prefix = base == 10 ? 0 : 2;
    const char *digits = token->text + prefix;
    size_t length = token->length - prefix;
    const char *wrong = read_integer(digits, length, base, token);
    if (!wrong && base == 10 && *digits == '0' && token->bits != 0)
        wrong = "a number that begins with 0 is neither decimal nor octal here: leave the 0 out";
    return wrong;
}

static weft_status scan_number(weft_scanner *scanner, weft_token *token)
{
    size_t start = scanner->at;
    char mark = (char)(at_offset(scanner, 1) | 0x20);
    bool good = true, is_float = false, prefix = !scanner->after_point && *token->text == '0';
    int base = prefix && mark == 'x' ? 16 : prefix && mark == 'b' ? 2 : 10;
    if (base != 10)
        scanner->at += 2;
    if (base != 10 || at_offset(scanner, 0) != '.')
        good = skip_digits(scanner, base);
    if (!scanner->after_point && base != 2) {
        is_float = skip_fraction(scanner, base);
        bool exponent = skip_exponent(scanner, base == 16 ? 'p' : 'e');
        good = good && (base == 10 || exponent || !is_float);
        is_float |= exponent;
    }
    bool more = is_letter(at_offset(scanner, 0)) || is_digit(at_offset(scanner, 0));
    while (is_letter(at_offset(scanner, 0)) || is_digit(at_offset(scanner, 0)))
        scanner->at++;
    token->kind = WEFT_TOKEN_NUMBER;
    token->length = scanner->at - start;
    if (!good || more) {
        int shown = token->length > 60 ? 60 : (int)token->length;
        return weft_fail_text(scanner->error, WEFT_ERR_SYNTAX, token->line, token->column,
                              "'%.*s' is no number%s", shown, token->text,
                              !more && is_float ? ": a hexadecimal float has an exponent, as in "
                                                  "0x1.8p0"
                                                : "");
    }
    const char *wrong = read_number(token, base, is_float);
    return wrong ? fail_at(scanner, token, wrong) : WEFT_OK;
}

/* --- names and signs -------------------------------------------------------------------------- */

static const struct {
    const char *text;
    size_t length;
} words[] =
    {
#define ROW(NAME, text) {text, sizeof(text) - 1},
        WEFT_WORD_TABLE(ROW)},
  signs[] = {
#define ASSIGN(NAME, text) {text, sizeof(text) - 1},
      WEFT_OPERATOR_TABLE(ASSIGN, "=") WEFT_OPERATOR_TABLE(ROW, "") WEFT_OTHER_SIGN_TABLE(ROW)
#undef ASSIGN
#undef ROW
};

enum {
    N_WORDS = sizeof words / sizeof words[0],
    N_SIGNS = sizeof signs / sizeof signs[0],
    FIRST_WORD = WEFT_TOKEN_AND,
    FIRST_SIGN = WEFT_TOKEN_ASSIGN_POWER
};

static weft_status scan_name(weft_scanner *scanner, weft_token *token)
{
    size_t start = scanner->at;
    while (is_letter(at_offset(scanner, 0)) || is_digit(at_offset(scanner, 0)))
        scanner->at++;
    token->length = scanner->at - start;
    token->kind = WEFT_TOKEN_NAME;
    for (unsigned i = 0; i < N_WORDS; i++)
        if (words[i].length == token->length &&
            memcmp(words[i].text, token->text, token->length) == 0)
            token->kind = (uint8_t)(FIRST_WORD + i);
    return WEFT_OK;
}

/* What people write who come from other languages, and control bytes. */
static weft_status fail_sign(const weft_scanner *scanner, const weft_token *token)
{
    char c = *token->text;
    switch (c) {
    case '!':
        return fail_at(scanner, token, "'!' is no operator: write 'not'");
    case '?':
        return fail_at(scanner, token, "'?' is no operator: write 'x if c else y'");
    case '\\':
        return fail_at(scanner, token,
                       "'\\' does not join lines: inside ( ) and [ ] they are joined already");
    case '"':
    case '\'':
        return fail_at(scanner, token, "there are no values in quotes");
    default:
        break;
    }
    if ((unsigned char)c >= 0x80)
        return fail_at(scanner, token, "outside comments only ASCII characters are allowed");
    if (c < ' ' || c == 0x7f)
        return weft_fail_text(scanner->error, WEFT_ERR_SYNTAX, token->line, token->column,
                              "byte 0x%02x is no character of a text", (unsigned char)c);
    return weft_fail_text(scanner->error, WEFT_ERR_SYNTAX, token->line, token->column,
                          "'%c' means nothing here", c);
}

static void count_bracket(weft_scanner *scanner, unsigned kind)
{
    if (kind == WEFT_TOKEN_OPEN || kind == WEFT_TOKEN_OPEN_INDEX)
        scanner->brackets++;
    if ((kind == WEFT_TOKEN_CLOSE || kind == WEFT_TOKEN_CLOSE_INDEX) && scanner->brackets)
        scanner->brackets--;
}

static weft_status scan_sign(weft_scanner *scanner, weft_token *token)
{
    char c = *token->text;
    if ((c == '&' || c == '|') && at_offset(scanner, 1) == c)
        return fail_at(scanner, token,
                       c == '&' ? "'&&' is no operator: write 'and'"
                                : "'||' is no operator: write 'or'");
    size_t left = scanner->length - scanner->at;
    for (unsigned i = 0; i < N_SIGNS; i++)
        if (*signs[i].text == *token->text && signs[i].length <= left &&
            memcmp(signs[i].text, token->text, signs[i].length) == 0) {
            token->kind = (uint8_t)(FIRST_SIGN + i);
            token->length = signs[i].length;
            scanner->at += token->length;
            count_bracket(scanner, token->kind);
            return WEFT_OK;
        }
    return fail_sign(scanner, token);
}

/* --- tokens ----------------------------------------------------------------------------------- */

void weft_scan_start(weft_scanner *scanner, const char *text, size_t length, weft_error *error)
{
    memset(scanner, 0, sizeof *scanner);
    scanner->text = text;
    scanner->length = length;
    scanner->line = 1;
    scanner->error = error;
}

/* Takes the end of a line or a ';'. */
static weft_status scan_end(weft_scanner *scanner, weft_token *token)
{
    token->kind = WEFT_TOKEN_END_OF_STATEMENT;
    token->length = 1;
    if (*token->text == '\n')
        end_line(scanner);
    else
        scanner->at++;
    return WEFT_OK;
}

static weft_status scan_one(weft_scanner *scanner, weft_token *token)
{
    if (scanner->at == scanner->length)
        return WEFT_OK;
    char c = at_offset(scanner, 0);
    if (c == '\n' || c == ';')
        return scan_end(scanner, token);
    if (is_letter(c))
        return scan_name(scanner, token);
    if (is_digit(c) || (c == '.' && is_digit(at_offset(scanner, 1)) && !scanner->after_value))
        return scan_number(scanner, token);
    return scan_sign(scanner, token);
}

weft_status weft_scan(weft_scanner *scanner, weft_token *token)
{
    memset(token, 0, sizeof *token);
    skip_blanks(scanner, token);
    begin(scanner, token);
    WEFT_TRY(scan_one(scanner, token));
    scanner->after_value = token->kind == WEFT_TOKEN_NAME || token->kind == WEFT_TOKEN_CLOSE ||
                           token->kind == WEFT_TOKEN_CLOSE_INDEX ||
                           (token->kind == WEFT_TOKEN_NUMBER && scanner->after_point);
    scanner->after_point = token->kind == WEFT_TOKEN_DOT;
    return WEFT_OK;
}

const char *weft_token_show(const weft_token *token, char shown[WEFT_TOKEN_SHOWN])
{
    if (token->kind == WEFT_TOKEN_END_OF_TEXT)
        return "the end of the text";
    if (token->kind == WEFT_TOKEN_END_OF_STATEMENT && *token->text == '\n')
        return "the end of the line";
    int length = token->length > 60 ? 60 : (int)token->length;
    snprintf(shown, WEFT_TOKEN_SHOWN, "'%.*s'", length, token->text);
    return shown;
}
