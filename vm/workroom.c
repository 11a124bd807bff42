/* vm/workroom.c: memory that runs work in, kept by the context between them (vm/vm.h). */
#include "vm/vm.h"

/* Scratch arrays grow with the arrays of a run: beyond this they are not kept. */
#define KEPT_SCRATCH ((size_t)64 << 20)

static void free_room(weft_context *context, weft_workroom *room)
{
    weft_room_free(&context->allocator, &room->bind);
    weft_room_free(&context->allocator, &room->work);
    weft_room_free(&context->allocator, &room->scratch);
    weft_mem_free(&context->allocator, room, sizeof *room);
}

/* Where a thread looks first: threads that run at once look at different places. */
static unsigned first_place(void)
{
    const uintptr_t stack = (uintptr_t) & (char){0}; /* of this thread */
    return (unsigned)(stack >> 12 ^ stack >> 16 ^ stack >> 23) % WEFT_IDLE_ROOMS;
}

weft_workroom *weft_workroom_take(weft_context *context)
{
    const unsigned first = first_place();
    for (unsigned i = 0; i < WEFT_IDLE_ROOMS; i++) {
        weft_idle_room *place = &context->idle_rooms[(first + i) % WEFT_IDLE_ROOMS];
        if (!atomic_load_explicit(&place->room, memory_order_relaxed))
            continue;
        weft_workroom *room = atomic_exchange_explicit(&place->room, NULL, memory_order_acquire);
        if (room)
            return room;
    }
    return weft_mem_zeroed(&context->allocator, 1, sizeof(weft_workroom));
}

void weft_workroom_give(weft_context *context, weft_workroom *room)
{
    if (room->scratch.size > KEPT_SCRATCH)
        weft_room_free(&context->allocator, &room->scratch);
    const unsigned first = first_place();
    for (unsigned i = 0; i < WEFT_IDLE_ROOMS; i++) {
        weft_idle_room *place = &context->idle_rooms[(first + i) % WEFT_IDLE_ROOMS];
        weft_workroom *none = NULL;
        if (!atomic_load_explicit(&place->room, memory_order_relaxed) &&
            atomic_compare_exchange_strong_explicit(&place->room, &none, room, memory_order_release,
                                                    memory_order_relaxed))
            return;
    }
    free_room(context, room);
}

void weft_workrooms_free(weft_context *context)
{
    for (int i = 0; i < WEFT_IDLE_ROOMS; i++) {
        weft_workroom *room =
            atomic_exchange_explicit(&context->idle_rooms[i].room, NULL, memory_order_acquire);
        if (room)
            free_room(context, room);
    }
}
