/* Preloaded, this sets a process's clock: the time of day runs on CLOCK_SHIFT_SECONDS away from the machine's, and files
   are written and read as of then. How long things take does not change. For Linux with 64 bits and glibc 2.33 or later.

   With CLOCK_SHIFT_FILE, the seconds are a number of 64 bits in that file, which somebody else may change: then the
   clock jumps, and the times of files stay as they are.

   Why not libfaketime 0.9.10, from Debian or PyPI: it leaves the times of files as they are, and crashes where one thread
   asks for the time while another sets an environment variable; with Debian's, time.sleep fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define REAL(name)                                                                                                     \
    static __typeof__(name) *real;                                                                                     \
    if (!real)                                                                                                         \
    real = dlsym(RTLD_NEXT, #name)

static time_t fixed_shift, shift_of_files;
static const volatile time_t *shift = &fixed_shift;

__attribute__((constructor)) static void read_shift(void)
{
    const char *seconds = getenv("CLOCK_SHIFT_SECONDS"), *path = getenv("CLOCK_SHIFT_FILE");
    fixed_shift = shift_of_files = seconds ? atol(seconds) : 0;
    int file = path ? open(path, O_RDONLY) : -1;
    if (file < 0)
        return;
    void *shared = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (shared != MAP_FAILED)
        shift = shared;
}

/* The clock. */

int clock_gettime(clockid_t clock, struct timespec *now)
{
    REAL(clock_gettime);
    int result = real(clock, now);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *shift;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    REAL(gettimeofday);
    int result = real(now, zone);
    if (!result)
        now->tv_sec += *shift;
    return result;
}

time_t time(time_t *into)
{
    REAL(time);
    time_t now = real(NULL) + *shift;
    if (into)
        *into = now;
    return now;
}

/* Waiting until an hour of the clock: C++ does so where it means a number of seconds. */

static const struct timespec *machines(const struct timespec *until, struct timespec *moved)
{
    const time_t a_time_of_day = 1000000000; /* less is counted from the machine's start */
    if (!until || until->tv_sec < a_time_of_day)
        return until;
    *moved = *until;
    moved->tv_sec -= *shift;
    return moved;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    REAL(sem_timedwait);
    return real(semaphore, machines(until, &(struct timespec){0}));
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    REAL(pthread_cond_timedwait);
    return real(condition, mutex, machines(until, &(struct timespec){0}));
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
    REAL(pthread_mutex_timedlock);
    return real(mutex, machines(until, &(struct timespec){0}));
}

/* Files. Python's sources keep their times: else all of them would be compiled anew. */

static int later(int result, const char *path, struct stat *facts)
{
    size_t length = path ? strlen(path) : 0;
    if (result || (length > 3 && !strcmp(path + length - 3, ".py")))
        return result;
    facts->st_atim.tv_sec += shift_of_files;
    facts->st_mtim.tv_sec += shift_of_files;
    facts->st_ctim.tv_sec += shift_of_files;
    return result;
}

int stat(const char *restrict path, struct stat *restrict facts)
{
    REAL(stat);
    return later(real(path, facts), path, facts);
}

int lstat(const char *restrict path, struct stat *restrict facts)
{
    REAL(lstat);
    return later(real(path, facts), path, facts);
}

int fstat(int file, struct stat *facts)
{
    REAL(fstat);
    return later(real(file, facts), NULL, facts);
}

int fstatat(int folder, const char *restrict path, struct stat *restrict facts, int flags)
{
    REAL(fstatat);
    return later(real(folder, path, facts, flags), path, facts);
}

static const struct timespec *earlier(const struct timespec times[2], struct timespec moved[2])
{
    for (int which = 0; times && which < 2; which++) {
        moved[which] = times[which];
        if (times[which].tv_nsec != UTIME_NOW && times[which].tv_nsec != UTIME_OMIT)
            moved[which].tv_sec -= shift_of_files;
    }
    return times ? moved : NULL;
}

int utimensat(int folder, const char *path, const struct timespec times[2], int flags)
{
    REAL(utimensat);
    return real(folder, path, earlier(times, (struct timespec[2]){}), flags);
}

int futimens(int file, const struct timespec times[2])
{
    REAL(futimens);
    return real(file, earlier(times, (struct timespec[2]){}));
}

/* The same by the names that programs made for large files know, and those made before 2021. */

#define ALIAS(name) __attribute__((alias(#name)))
int stat64(const char *restrict path, struct stat64 *restrict facts) ALIAS(stat);
int lstat64(const char *restrict path, struct stat64 *restrict facts) ALIAS(lstat);
int fstat64(int file, struct stat64 *facts) ALIAS(fstat);
int fstatat64(int folder, const char *restrict path, struct stat64 *restrict facts, int flags) ALIAS(fstatat);

int __xstat(int version, const char *path, struct stat *facts) { return (void)version, stat(path, facts); }
int __lxstat(int version, const char *path, struct stat *facts) { return (void)version, lstat(path, facts); }
int __fxstat(int version, int file, struct stat *facts) { return (void)version, fstat(file, facts); }
int __xstat64(int version, const char *path, struct stat64 *facts) ALIAS(__xstat);
int __lxstat64(int version, const char *path, struct stat64 *facts) ALIAS(__lxstat);
int __fxstat64(int version, int file, struct stat64 *facts) ALIAS(__fxstat);
