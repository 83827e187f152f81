/* Preloaded, this counts a process's allocations of memory. For glibc. */
#include <errno.h>
#include <stddef.h>

void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static unsigned long count;
#define COUNTED(allocate) (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED), allocate)

unsigned long allocations(void) { return count; }
void *malloc(size_t size) { return COUNTED(__libc_malloc(size)); }
void *calloc(size_t number, size_t size) { return COUNTED(__libc_calloc(number, size)); }
void *realloc(void *old, size_t size) { return COUNTED(__libc_realloc(old, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return COUNTED(__libc_memalign(alignment, size)); }
int posix_memalign(void **result, size_t alignment, size_t size)
{
    *result = COUNTED(__libc_memalign(alignment, size));
    return *result ? 0 : ENOMEM;
}
