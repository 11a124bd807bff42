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

weft_workroom *weft_workroom_take(weft_context *context)
{
    for (int i = 0; i < WEFT_IDLE_ROOMS; i++) {
        if (!atomic_load_explicit(&context->idle_rooms[i], memory_order_relaxed))
            continue;
        weft_workroom *room =
            atomic_exchange_explicit(&context->idle_rooms[i], NULL, memory_order_acquire);
        if (room)
            return room;
    }
    return weft_mem_zeroed(&context->allocator, 1, sizeof(weft_workroom));
}

void weft_workroom_give(weft_context *context, weft_workroom *room)
{
    if (room->scratch.size > KEPT_SCRATCH)
        weft_room_free(&context->allocator, &room->scratch);
    for (int i = 0; i < WEFT_IDLE_ROOMS; i++) {
        weft_workroom *none = NULL;
        if (!atomic_load_explicit(&context->idle_rooms[i], memory_order_relaxed) &&
            atomic_compare_exchange_strong_explicit(&context->idle_rooms[i], &none, room,
                                                    memory_order_release, memory_order_relaxed))
            return;
    }
    free_room(context, room);
}

void weft_workrooms_free(weft_context *context)
{
    for (int i = 0; i < WEFT_IDLE_ROOMS; i++) {
        weft_workroom *room =
            atomic_exchange_explicit(&context->idle_rooms[i], NULL, memory_order_acquire);
        if (room)
            free_room(context, room);
    }
}
