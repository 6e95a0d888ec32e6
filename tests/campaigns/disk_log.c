/* Tells what a process does to the files under one directory, call after call; preloaded into it.
 *
 * DISK_UNDER   directory; calls on other files are none of ours
 * DISK_LOG     file to which each call that succeeded is appended, after it returned:
 *
 *     kind (1 byte), lengths of path, second path and data (8 bytes each), offset or size (8 bytes),
 *     then path, second path and data
 *
 * Kinds: c a file was made, d a directory was made, w written, t cut or stretched to a size,
 *        s synced (file or directory), m moved from path to second path, u unlinked
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define PLACE (2 * PATH_MAX)
#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

struct __attribute__((packed)) head {
    char kind;
    uint64_t path, second, data, at;
};

static const char *under;
static int out = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("DISK_LOG");
    under = getenv("DISK_UNDER");
    if (under && path)
        out = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path)
{
    size_t length = out < 0 ? 0 : strlen(under);
    return length && !strncmp(path, under, length) && (path[length] == '/' || !path[length]);
}

static void tell(char kind, const char *path, const char *second, const void *data, size_t size, uint64_t at)
{
    struct head head = {kind, strlen(path), strlen(second), size, at};
    struct iovec parts[] = {
        {&head, sizeof head}, {(void *) path, head.path}, {(void *) second, head.second}, {(void *) data, size}};
    int before = errno;
    if (is_ours(path))
        (void) !REAL(writev)(out, parts, 4);
    errno = before;
}

static void place_of(int file, char *place)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, place, PATH_MAX - 1);
    place[length < 0 ? 0 : length] = 0;
}

static void tell_file(char kind, int file, const void *data, size_t size, uint64_t at)
{
    char place[PLACE];
    int before = errno;
    if (out < 0 || file == out)
        return;
    place_of(file, place);
    tell(kind, place, "", data, size, at);
    errno = before;
}

static int open_and_tell(__typeof__(&open) really, const char *path, int flags, mode_t mode)
{
    int is_new = is_ours(path) && (flags & O_CREAT) && access(path, F_OK);
    int file = really(path, flags, mode);
    if (file >= 0 && is_new)
        tell('c', path, "", "", 0, 0);
    else if (file >= 0 && (flags & O_TRUNC))
        tell('t', path, "", "", 0, 0);
    return file;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        return open_and_tell(REAL(name), path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *from, size_t size)
{
    ssize_t done = REAL(write)(file, from, size);
    if (done > 0)
        tell_file('w', file, from, done, lseek(file, 0, SEEK_CUR) - done);
    return done;
}

#define PWRITE(name, offset) \
    ssize_t name(int file, const void *from, size_t size, offset to) \
    { \
        ssize_t done = REAL(name)(file, from, size, to); \
        if (done > 0) \
            tell_file('w', file, from, done, to); \
        return done; \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define ON_FILE(name, parameters, arguments, kind, at) \
    int name parameters \
    { \
        int failed = REAL(name) arguments; \
        if (!failed) \
            tell_file(kind, file, "", 0, at); \
        return failed; \
    }
ON_FILE(fsync, (int file), (file), 's', 0)
ON_FILE(fdatasync, (int file), (file), 's', 0)
ON_FILE(ftruncate, (int file, off_t size), (file, size), 't', size)
ON_FILE(ftruncate64, (int file, off64_t size), (file, size), 't', size)

#define ON_NAME(name, parameters, arguments, kind, second) \
    int name parameters \
    { \
        int failed = REAL(name) arguments; \
        if (!failed) \
            tell(kind, path, second, "", 0, 0); \
        return failed; \
    }
ON_NAME(rename, (const char *path, const char *to), (path, to), 'm', to)
ON_NAME(unlink, (const char *path), (path), 'u', "")
ON_NAME(rmdir, (const char *path), (path), 'u', "")
ON_NAME(mkdir, (const char *path, mode_t mode), (path, mode), 'd', "")

int unlinkat(int directory, const char *path, int flags)
{
    char place[PLACE];
    int failed = REAL(unlinkat)(directory, path, flags);
    if (failed || out < 0)
        return failed;
    if (*path == '/')
        *place = 0;
    else
        place_of(directory, place);
    strncat(place, *path == '/' ? "" : "/", PLACE - strlen(place) - 1);
    strncat(place, path, PLACE - strlen(place) - 1);
    tell('u', place, "", "", 0, 0);
    return failed;
}
