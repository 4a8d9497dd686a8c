// SPDX-License-Identifier: MIT
//
// disk DEVICE SECONDS     how fast a disk is, past the guest's page cache (O_DIRECT) and through it
//
// Sequential reads and writes of 1 MiB, random ones of 4 KiB by one process and by eight. A line each: "disk NAME VALUE UNIT".
// Through the cache ("cached") each pass over the disk begins with nothing of it in memory, and what was written counts when it is on the disk.
// What is on the device is lost.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

// What was written is on the disk, and nothing of it is in memory.
static void settle(int fd, int writing)
{
    if (writing && fsync(fd) != 0) {
        perror("fsync");
        exit(1);
    }
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

// Transfers until the time is up; returns how many.
static long work(const char *device, int writing, int random, int cached, size_t size, double until, uint64_t seed)
{
    int fd = open(device, (writing ? O_RDWR : O_RDONLY) | (cached ? 0 : O_DIRECT));
    void *buffer;
    off_t length = lseek(fd, 0, SEEK_END), at = 0;
    long count = 0;
    if (fd < 0 || length < (off_t)size || posix_memalign(&buffer, 4096, size)) {
        perror(device);
        exit(1);
    }
    memset(buffer, (int)seed, size);
    settle(fd, 0);
    while (now() < until) {
        off_t place = random ? (off_t)(next(&seed) % (length / size)) * size : at;
        ssize_t done = writing ? pwrite(fd, buffer, size, place) : pread(fd, buffer, size, place);
        if (done != (ssize_t)size) {
            perror(device);
            exit(1);
        }
        at = at + 2 * (off_t)size <= length ? at + size : 0;
        if (at == 0 && !random)
            settle(fd, writing);
        count++;
    }
    settle(fd, writing);
    close(fd);
    free(buffer);
    return count;
}

static void measure(const char *name, const char *device, int writing, int random, int cached, int processes, double seconds)
{
    size_t size = random ? 4096 : 1 << 20;
    int ends[2];
    long total = 0, part;
    double began = now();
    if (pipe(ends))
        exit(1);
    for (int i = 0; i < processes; i++) {
        if (fork() == 0) {
            part = work(device, writing, random, cached, size, began + seconds, 88172645463325252ull + i * 7919);
            exit(write(ends[1], &part, sizeof part) != sizeof part);
        }
    }
    for (int i = 0; i < processes; i++) {
        if (read(ends[0], &part, sizeof part) != sizeof part)
            exit(1);
        total += part;
    }
    while (wait(NULL) > 0)
        ;
    double took = now() - began;
    close(ends[0]);
    close(ends[1]);
    printf("disk %s %.1f %s\n", name, random ? total / took : total / took * size / (1 << 20), random ? "IO/s" : "MiB/s");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    double seconds = argc > 2 ? atof(argv[2]) : 4;
    const char *device = argc > 1 ? argv[1] : "/dev/xvda";
    measure("sequential-write", device, 1, 0, 0, 1, seconds);
    measure("sequential-read", device, 0, 0, 0, 1, seconds);
    measure("cached-write", device, 1, 0, 1, 1, seconds);
    measure("cached-read", device, 0, 0, 1, 1, seconds);
    measure("random-write", device, 1, 1, 0, 8, seconds);
    measure("random-read", device, 0, 1, 0, 8, seconds);
    measure("random-write-alone", device, 1, 1, 0, 1, seconds);
    measure("random-read-alone", device, 0, 1, 0, 1, seconds);
    return 0;
}
