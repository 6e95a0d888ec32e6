/* Makes the n-th system call of a kind fail, on files under one directory; preloaded into a process.
 *
 * FAIL_UNDER   directory; calls on other files are none of ours
 * FAIL_KIND    open, write, read, sync, rename, unlink, truncate, mkdir, flock or fcntl (to lock)
 * FAIL_AT      n, 1-based
 * FAIL_ERRNO   number of the error
 * FAIL_ALWAYS  1: so do all later calls of the kind
 * FAIL_TOLD    file that gets the path of the first call that failed
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define PLACE (2 * PATH_MAX)
#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static const char *under, *kind, *told;
static long at;
static int error, always;
static atomic_long seen;

__attribute__((constructor)) static void begin(void)
{
    kind = getenv("FAIL_KIND");
    told = getenv("FAIL_TOLD");
    at = atol(getenv("FAIL_AT") ? getenv("FAIL_AT") : "0");
    error = atoi(getenv("FAIL_ERRNO") ? getenv("FAIL_ERRNO") : "5");
    always = getenv("FAIL_ALWAYS") && *getenv("FAIL_ALWAYS") == '1';
    under = kind && told ? getenv("FAIL_UNDER") : NULL;
}

static void tell(const char *path)
{
    int file = REAL(open)(told, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file >= 0) {
        (void) !REAL(write)(file, path, strlen(path));
        close(file);
    }
}

static int fails(const char *what, const char *path)
{
    size_t length = strlen(under);
    if (strcmp(what, kind) || strncmp(path, under, length) || path[length] != '/')
        return 0;
    long number = atomic_fetch_add(&seen, 1) + 1;
    if (number != at && !(always && number > at))
        return 0;
    if (number == at)
        tell(path);
    errno = error;
    return 1;
}

static void place_of(int file, char *place)
{
    char link[64];
    snprintf(link, sizeof link, file == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, place, PATH_MAX - 1);
    place[length < 0 ? 0 : length] = 0;
}

static int fails_on(const char *what, int file)
{
    char place[PLACE];
    if (!under)
        return 0;
    int before = errno;
    place_of(file, place);
    errno = before;
    return fails(what, place);
}

static int fails_at(const char *what, int directory, const char *path)
{
    char place[PLACE];
    if (!under)
        return 0;
    if (*path == '/')
        return fails(what, path);
    int before = errno;
    place_of(directory, place);
    errno = before;
    strncat(place, "/", PLACE - strlen(place) - 1);
    strncat(place, path, PLACE - strlen(place) - 1);
    return fails(what, place);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        MODE(flags) \
        return fails_at("open", AT_FDCWD, path) ? -1 : REAL(name)(path, flags, mode); \
    }
#define OPENAT(name) \
    int name(int directory, const char *path, int flags, ...) \
    { \
        MODE(flags) \
        return fails_at("open", directory, path) ? -1 : REAL(name)(directory, path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

#define ON_FILE(type, name, what, parameters, arguments) \
    type name parameters { return fails_on(what, file) ? -1 : REAL(name) arguments; }
ON_FILE(ssize_t, write, "write", (int file, const void *from, size_t size), (file, from, size))
ON_FILE(ssize_t, writev, "write", (int file, const struct iovec *from, int parts), (file, from, parts))
ON_FILE(ssize_t, pwrite, "write", (int file, const void *from, size_t size, off_t to), (file, from, size, to))
ON_FILE(ssize_t, pwrite64, "write", (int file, const void *from, size_t size, off64_t to), (file, from, size, to))
ON_FILE(ssize_t, read, "read", (int file, void *to, size_t size), (file, to, size))
ON_FILE(ssize_t, pread, "read", (int file, void *to, size_t size, off_t from), (file, to, size, from))
ON_FILE(ssize_t, pread64, "read", (int file, void *to, size_t size, off64_t from), (file, to, size, from))
ON_FILE(int, fsync, "sync", (int file), (file))
ON_FILE(int, fdatasync, "sync", (int file), (file))
ON_FILE(int, ftruncate, "truncate", (int file, off_t size), (file, size))
ON_FILE(int, ftruncate64, "truncate", (int file, off64_t size), (file, size))

ON_FILE(int, flock, "flock", (int file, int operation), (file, operation))

#define FCNTL(name) \
    int name(int file, int command, ...) \
    { \
        va_list more; \
        va_start(more, command); \
        void *argument = va_arg(more, void *); \
        va_end(more); \
        if ((command == F_SETLK || command == F_SETLKW) && fails_on("fcntl", file)) \
            return -1; \
        return REAL(name)(file, command, argument); \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

int rename(const char *from, const char *to)
{
    return fails_at("rename", AT_FDCWD, to) ? -1 : REAL(rename)(from, to);
}

int renameat(int from_directory, const char *from, int directory, const char *to)
{
    return fails_at("rename", directory, to) ? -1 : REAL(renameat)(from_directory, from, directory, to);
}

int unlink(const char *path)
{
    return fails_at("unlink", AT_FDCWD, path) ? -1 : REAL(unlink)(path);
}

int unlinkat(int directory, const char *path, int flags)
{
    return fails_at("unlink", directory, path) ? -1 : REAL(unlinkat)(directory, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    return fails_at("mkdir", AT_FDCWD, path) ? -1 : REAL(mkdir)(path, mode);
}
