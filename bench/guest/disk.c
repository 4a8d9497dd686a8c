// SPDX-License-Identifier: MIT
//
// disk DEVICE SECONDS     how fast a disk is, past the guest's page cache (O_DIRECT)
//
// Sequential reads and writes of 1 MiB, random ones of 4 KiB by one process and by eight. A line each: "disk NAME VALUE UNIT".
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

// Transfers until the time is up; returns how many.
static long work(const char *device, int writing, int random, size_t size, double until, uint64_t seed)
{
    int fd = open(device, (writing ? O_RDWR : O_RDONLY) | O_DIRECT);
    void *buffer;
    off_t length = lseek(fd, 0, SEEK_END), at = 0;
    long count = 0;
    if (fd < 0 || length < (off_t)size || posix_memalign(&buffer, 4096, size)) {
        perror(device);
        exit(1);
    }
    memset(buffer, (int)seed, size);
    while (now() < until) {
        off_t place = random ? (off_t)(next(&seed) % (length / size)) * size : at;
        ssize_t done = writing ? pwrite(fd, buffer, size, place) : pread(fd, buffer, size, place);
        if (done != (ssize_t)size) {
            perror(device);
            exit(1);
        }
        at = at + 2 * (off_t)size <= length ? at + size : 0;
        count++;
    }
    if (writing)
        fsync(fd);
    close(fd);
    free(buffer);
    return count;
}

static void measure(const char *name, const char *device, int writing, int random, int processes, double seconds)
{
    size_t size = random ? 4096 : 1 << 20;
    int ends[2];
    long total = 0, part;
    double began = now();
    if (pipe(ends))
        exit(1);
    for (int i = 0; i < processes; i++) {
        if (fork() == 0) {
            part = work(device, writing, random, size, began + seconds, 88172645463325252ull + i * 7919);
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
    measure("sequential-write", device, 1, 0, 1, seconds);
    measure("sequential-read", device, 0, 0, 1, seconds);
    measure("random-write", device, 1, 1, 8, seconds);
    measure("random-read", device, 0, 1, 8, seconds);
    measure("random-write-alone", device, 1, 1, 1, seconds);
    measure("random-read-alone", device, 0, 1, 1, seconds);
    return 0;
}
