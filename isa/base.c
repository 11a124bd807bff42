/* isa/base.c: memory and error reports (isa/base.h). */
#include "isa/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WEFT_ALIGNMENT = 64 };

void *weft_mem_alloc(const weft_allocator *allocator, size_t size)
{
    return allocator->alloc(allocator->user, size, WEFT_ALIGNMENT);
}

void *weft_mem_zeroed(const weft_allocator *allocator, size_t count, size_t size)
{
    if (count == 0)
        count = 1;
    if (size > SIZE_MAX / count)
        return NULL;
    void *memory = weft_mem_alloc(allocator, count * size);
    if (memory)
        memset(memory, 0, count * size);
    return memory;
}

void weft_mem_free(const weft_allocator *allocator, void *memory, size_t size)
{
    if (memory)
        allocator->release(allocator->user, memory, size);
}

void *weft_vector_push(const weft_allocator *allocator, weft_vector *vector)
{
    if (vector->count == vector->capacity) {
        size_t capacity = vector->capacity ? vector->capacity * 2 : 16;
        if (capacity > SIZE_MAX / vector->element)
            return NULL;
        void *data = weft_mem_alloc(allocator, capacity * vector->element);
        if (!data)
            return NULL;
        if (vector->count)
            memcpy(data, vector->data, vector->count * vector->element);
        weft_mem_free(allocator, vector->data, vector->capacity * vector->element);
        vector->data = data;
        vector->capacity = capacity;
    }
    void *slot = (char *)vector->data + vector->count * vector->element;
    memset(slot, 0, vector->element);
    vector->count++;
    return slot;
}

void weft_vector_free(const weft_allocator *allocator, weft_vector *vector)
{
    weft_mem_free(allocator, vector->data, vector->capacity * vector->element);
    vector->data = NULL;
    vector->count = vector->capacity = 0;
}

void weft_error_clear(weft_error *error)
{
    if (!error)
        return;
    memset(error, 0, sizeof *error);
    error->pc = error->element = error->byte = -1;
    error->param = -1;
}

static void fill(weft_error *error, weft_status status, const char *format, va_list arguments)
{
    weft_error_clear(error);
    error->status = status;
    vsnprintf(error->message, sizeof error->message, format, arguments);
}

#define FILL_ERROR()                                                                               \
    do {                                                                                           \
        if (!error)                                                                                \
            return status;                                                                         \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        fill(error, status, format, arguments);                                                    \
        va_end(arguments);                                                                         \
    } while (0)

weft_status weft_fail(weft_error *error, weft_status status, const char *format, ...)
{
    FILL_ERROR();
    return status;
}

weft_status weft_fail_pc(weft_error *error, weft_status status, int64_t pc, const char *format, ...)
{
    FILL_ERROR();
    error->pc = pc;
    return status;
}

weft_status weft_fail_byte(weft_error *error, weft_status status, int64_t byte, const char *format,
                           ...)
{
    FILL_ERROR();
    error->byte = byte;
    return status;
}

weft_status weft_fail_text(weft_error *error, weft_status status, int32_t line, int32_t column,
                           const char *format, ...)
{
    FILL_ERROR();
    error->line = line;
    error->column = column;
    return status;
}

weft_status weft_fail_memory(weft_error *error)
{
    return weft_fail(error, WEFT_ERR_MEMORY, "out of memory");
}
