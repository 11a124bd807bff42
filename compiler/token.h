/* compiler/token.h: text of the language (docs/language.md) as tokens with their places.
 * Never reads beyond the text, which need not end in NUL. Neighbour: parse.h, which asks for one
 * token after the other. */
#ifndef WEFT_COMPILER_TOKEN_H
#define WEFT_COMPILER_TOKEN_H

#include "isa/base.h"

/* Words that cannot be names. Words of declarations are names wherever no declaration begins. */
#define WEFT_WORD_TABLE(WORD)                                                                      \
    WORD(AND, "and")                                                                               \
    WORD(OR, "or")                                                                                 \
    WORD(NOT, "not")                                                                               \
    WORD(IF, "if")                                                                                 \
    WORD(ELSE, "else")                                                                             \
    WORD(FOR, "for")                                                                               \
    WORD(IN, "in")                                                                                 \
    WORD(DEF, "def")                                                                               \
    WORD(RETURN, "return")                                                                         \
    WORD(TRUE, "True")                                                                             \
    WORD(FALSE, "False")

/* Signs, longer ones before those that they begin with. An assignment with an operator in it stands
 * right behind the operators: its token is the operator's plus the distance between the two. */
#define WEFT_OPERATOR_TABLE(SIGN, END)                                                             \
    SIGN(POWER, "**" END)                                                                          \
    SIGN(FLOOR, "//" END)                                                                          \
    SIGN(LEFT, "<<" END)                                                                           \
    SIGN(RIGHT, ">>" END)                                                                          \
    SIGN(PLUS, "+" END)                                                                            \
    SIGN(MINUS, "-" END)                                                                           \
    SIGN(TIMES, "*" END)                                                                           \
    SIGN(OVER, "/" END)                                                                            \
    SIGN(MOD, "%" END)                                                                             \
    SIGN(BIT_AND, "&" END)                                                                         \
    SIGN(BIT_OR, "|" END)                                                                          \
    SIGN(BIT_XOR, "^" END)
#define WEFT_OTHER_SIGN_TABLE(SIGN)                                                                \
    SIGN(LESS_EQUAL, "<=")                                                                         \
    SIGN(MORE_EQUAL, ">=")                                                                         \
    SIGN(EQUAL, "==")                                                                              \
    SIGN(UNEQUAL, "!=")                                                                            \
    SIGN(RANGE, "..")                                                                              \
    SIGN(LESS, "<")                                                                                \
    SIGN(MORE, ">")                                                                                \
    SIGN(ASSIGN, "=")                                                                              \
    SIGN(TILDE, "~")                                                                               \
    SIGN(OPEN, "(")                                                                                \
    SIGN(CLOSE, ")")                                                                               \
    SIGN(OPEN_INDEX, "[")                                                                          \
    SIGN(CLOSE_INDEX, "]")                                                                         \
    SIGN(OPEN_BLOCK, "{")                                                                          \
    SIGN(CLOSE_BLOCK, "}")                                                                         \
    SIGN(COMMA, ",")                                                                               \
    SIGN(COLON, ":")                                                                               \
    SIGN(DOT, ".")

typedef enum weft_token_kind {
    WEFT_TOKEN_END_OF_TEXT,
    WEFT_TOKEN_END_OF_STATEMENT, /* a line's end outside brackets, or ';' */
    WEFT_TOKEN_NAME,
    WEFT_TOKEN_NUMBER,
#define WEFT_TOKEN_ENUM_(NAME, text)        WEFT_TOKEN_##NAME,
#define WEFT_TOKEN_ENUM_ASSIGN_(NAME, text) WEFT_TOKEN_ASSIGN_##NAME,
    WEFT_WORD_TABLE(WEFT_TOKEN_ENUM_) WEFT_OPERATOR_TABLE(WEFT_TOKEN_ENUM_ASSIGN_, "=")
        WEFT_OPERATOR_TABLE(WEFT_TOKEN_ENUM_, "") WEFT_OTHER_SIGN_TABLE(WEFT_TOKEN_ENUM_)
#undef WEFT_TOKEN_ENUM_
#undef WEFT_TOKEN_ENUM_ASSIGN_
            WEFT_TOKEN_KIND_COUNT
} weft_token_kind;

/* From "+=" to "+", and so on. */
enum { WEFT_TOKEN_ASSIGN_STEP = WEFT_TOKEN_PLUS - WEFT_TOKEN_ASSIGN_PLUS };

typedef struct weft_token {
    uint8_t kind;      /* weft_token_kind */
    uint8_t type;      /* NUMBER: WEFT_I64, WEFT_F64, or WEFT_U64 where it is too large for i64 */
    bool on_next_line; /* inside brackets, where the end of a line is a blank: one came before */
    int32_t line, column;
    const char *text; /* in the source, not terminated */
    size_t length;
    uint64_t bits; /* NUMBER: its value in that type */
} weft_token;

typedef struct weft_scanner {
    const char *text;
    size_t length, at, line_start;
    int32_t line;
    uint32_t brackets; /* ( and [ that are open */
    bool after_value;  /* a point is that of a component, as in v.0 */
    bool after_point;  /* a number is that of a component */
    weft_error *error;
} weft_scanner;

void weft_scan_start(weft_scanner *scanner, const char *text, size_t length, weft_error *error);
/* The next token. WEFT_ERR_SYNTAX where there is none. */
weft_status weft_scan(weft_scanner *scanner, weft_token *token);

/* The token as messages name it: "'+'", "the end of the line". */
enum { WEFT_TOKEN_SHOWN = 72 };
const char *weft_token_show(const weft_token *token, char shown[WEFT_TOKEN_SHOWN]);

#endif
