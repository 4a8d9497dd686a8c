// SPDX-License-Identifier: MIT
//
// Works of the kernel: system calls, processes, page faults, pipes; several works at once; commands by the clock.
#include "micro.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static uint64_t system_call(uint64_t amount)
{
    uint64_t sum = 0;
    while (amount--)
    {
        sum += (uint64_t)syscall(SYS_getppid);
    }
    return sum;
}

static uint64_t fork_wait(uint64_t amount)
{
    while (amount--)
    {
        pid_t child = fork();
        if (child == 0)
        {
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
    return 1;
}

static uint64_t exec_static(uint64_t amount)
{
    while (amount--)
    {
        pid_t child = fork();
        if (child == 0)
        {
            execl("bin/busybox", "true", (char *)NULL);
            _exit(127);
        }
        waitpid(child, NULL, 0);
    }
    return 1;
}

static uint64_t page_fault(uint64_t amount)
{
    enum { PAGES = 4096 };
    uint64_t sum = 0;
    while (amount--)
    {
        char *p = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        madvise(p, PAGES * 4096, MADV_NOHUGEPAGE);
        for (int i = 0; i < PAGES; i++)
        {
            p[i * 4096] = 1;
        }
        sum += (uint64_t)p[4096];
        munmap(p, PAGES * 4096);
    }
    return sum;
}

// A ring of processes; a byte goes round, and who has it reads as much as fits a first-level cache.
enum { RING = 8, OWN_BYTES = 16 << 10 };
static int ring_in[RING], ring_out[RING], ring_size;

static uint64_t touch(const char *own)
{
    uint64_t sum = 0;
    for (int i = 0; i < OWN_BYTES; i += 64)
    {
        sum += (uint64_t)own[i];
    }
    return sum;
}

static void build_ring(int size, int own_bytes)
{
    for (int i = 0; i < size; i++)
    {
        int ends[2];
        if (pipe(ends) != 0)
        {
            fail("pipe");
        }
        ring_out[i] = ends[1];
        ring_in[(i + 1) % size] = ends[0];
    }
    ring_size = size;
    for (int i = 1; i < size; i++)
    {
        if (fork() == 0)
        {
            char byte, *own = calloc(1, OWN_BYTES);
            for (int other = 0; other < size; other++)
            {
                if (other != i)
                {
                    close(ring_in[other]);
                    close(ring_out[other]);
                }
            }
            while (read(ring_in[i], &byte, 1) == 1 && write(ring_out[i], &byte, 1) == 1)
            {
                byte = own_bytes ? (char)touch(own) : byte;
            }
            _exit(0); // the one before has gone
        }
    }
    for (int i = 1; i < size; i++)
    {
        close(ring_in[i]);
        close(ring_out[i]);
    }
}

static void build_pair(void) { build_ring(2, 0); }
static void build_large_ring(void) { build_ring(RING, OWN_BYTES); }

static uint64_t go_round(uint64_t amount)
{
    char byte = 'x';
    while (amount--)
    {
        if (write(ring_out[0], &byte, 1) != 1 || read(ring_in[0], &byte, 1) != 1)
        {
            fail("ring");
        }
    }
    return (uint64_t)byte;
}

const struct work system_works[] = {
    {"syscall", "calls/s", 1, 20000, system_call, NULL},
    {"pipe", "round-trips/s", 1, 500, go_round, build_pair},
    {"switch", "switches/s", RING, 100, go_round, build_large_ring},
    {"fork", "forks/s", 1, 20, fork_wait, NULL},
    {"exec", "execs/s", 1, 10, exec_static, NULL},
    {"fault", "faults/s", 4096, 1, page_fault, NULL},
    {0},
};

int parallel(int workers, const struct work *work)
{
    double *done = mmap(NULL, 4096 * (size_t)workers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (done == MAP_FAILED)
    {
        fail("mmap");
    }
    double begin = now() + 0.5, end = begin + 3; // half a second to warm up, then three that count
    for (int i = 0; i < workers; i++)
    {
        if (fork() == 0)
        {
            if (work->prepare)
            {
                work->prepare();
            }
            for (uint64_t one = work->amount / 10 + 1; now() < end;)
            {
                int counts = now() >= begin;
                work->round(one);
                done[i * 512] += counts ? (double)one * work->units : 0;
            }
            _exit(0);
        }
    }
    double sum = 0;
    for (int i = 0; i < workers; i++)
    {
        int status = -1;
        if (wait(&status) < 0 || status != 0)
        {
            fail("worker");
        }
    }
    double elapsed = now() - begin;
    for (int i = 0; i < workers; i++)
    {
        sum += done[i * 512];
    }
    char name[64];
    snprintf(name, sizeof name, "parallel-%s", work->name);
    report(name, sum / elapsed, work->unit, elapsed);
    return 0;
}

int time_command(const char *name, double amount, const char *unit, char **command)
{
    double begin = now(), elapsed;
    int times = 0;
    do
    {
        pid_t child = fork();
        if (child == 0)
        {
            int null = open("/dev/null", O_WRONLY);
            dup2(null, 1);
            execv(command[0], command);
            _exit(127);
        }
        int status = -1;
        waitpid(child, &status, 0);
        if (status != 0)
        {
            fprintf(stderr, "%s: status %d\n", command[0], status);
            return 1;
        }
        times++;
        elapsed = now() - begin;
    } while (elapsed < 1.0);
    report(name, amount * times / elapsed, unit, elapsed);
    return 0;
}
