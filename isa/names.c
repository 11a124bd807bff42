/* isa/names.c: names of types and statuses, expanded from the tables of the public headers. */
#include <string.h>
#include <weft/status.h>

static const struct {
    const char *name;
    size_t size;
} types[WEFT_TYPE_COUNT] = {[WEFT_NONE] = {"none", 0},
#define ROW(NAME, tag, text, ctype, size, value) [WEFT_##NAME] = {text, size},
                            WEFT_TYPE_TABLE(ROW)
#undef ROW
};

#define ROW(NAME, tag, text, ctype, size, value)                                                   \
    _Static_assert(sizeof(ctype) == (size), "size of " text);
WEFT_TYPE_TABLE(ROW)
#undef ROW

const char *weft_dtype_name(weft_dtype type)
{
    return (unsigned)type < WEFT_TYPE_COUNT ? types[type].name : "none";
}

size_t weft_dtype_size(weft_dtype type)
{
    return (unsigned)type < WEFT_TYPE_COUNT ? types[type].size : 0;
}

weft_dtype weft_dtype_from_name(const char *name)
{
    if (name)
        for (int type = 1; type < WEFT_TYPE_COUNT; type++)
            if (strcmp(types[type].name, name) == 0)
                return (weft_dtype)type;
    return WEFT_NONE;
}

static const struct {
    const char *name, *text;
} statuses[] = {
#define ROW(name, value, text) [value] = {#name, text},
    WEFT_STATUS_TABLE(ROW)
#undef ROW
};

static const unsigned n_statuses = sizeof statuses / sizeof statuses[0];

const char *weft_status_text(weft_status status)
{
    return (unsigned)status < n_statuses ? statuses[status].text : "unknown status";
}

const char *weft_status_name(weft_status status)
{
    return (unsigned)status < n_statuses ? statuses[status].name : "UNKNOWN";
}
