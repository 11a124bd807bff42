/* backends/room.c: memory that runs work in, one after the other (backends/backend.h). */
#include "backends/backend.h"

void *weft_room_reserve(const weft_allocator *allocator, weft_room *room, size_t size)
{
    if (room->size >= size)
        return room->memory;
    weft_room_free(allocator, room);
    const size_t enough = size + size / 4; /* the next run may want a little more */
    room->memory = weft_mem_alloc(allocator, enough);
    room->size = room->memory ? enough : 0;
    return room->memory;
}

void weft_room_free(const weft_allocator *allocator, weft_room *room)
{
    weft_mem_free(allocator, room->memory, room->size);
    room->memory = NULL;
    room->size = 0;
}
