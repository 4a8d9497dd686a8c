// SPDX-License-Identifier: MIT
//
// Costs that grow: loads from ever more pages, and leaving the processor ever more often.
#include "micro.h"
#include <fcntl.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { PAGE = 4096, LINE = 64 };

// A ring through `pages` pages in random order, one pointer in each, at a line of its own. Sattolo's way: one cycle.
static char **build_ring(char *memory, uint32_t pages)
{
    uint32_t *next = malloc(pages * sizeof *next);
    uint64_t seed = 5;
    for (uint32_t i = 0; i < pages; i++)
    {
        next[i] = i;
    }
    for (uint32_t i = pages - 1; i > 0; i--)
    {
        uint32_t j = (uint32_t)next_random(&seed) % i, t = next[i];
        next[i] = next[j];
        next[j] = t;
    }
    #define CELL(i) (char **)(memory + (size_t)(i) * PAGE + (i) * 2654435761u / LINE % (PAGE / LINE) * LINE)
    for (uint32_t i = 0; i < pages; i++)
    {
        *CELL(i) = (char *)CELL(next[i]);
    }
    free(next);
    return CELL(0);
}

int chase_pages(int count, char **mebibytes)
{
    for (int i = 0; i < count; i++)
    {
        size_t bytes = (size_t)atol(mebibytes[i]) << 20;
        char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
        {
            fail("mmap");
        }
        madvise(memory, bytes, MADV_NOHUGEPAGE); // small pages on all sides: it is their translation that is measured
        char **at = build_ring(memory, (uint32_t)(bytes / PAGE)), name[64];
        double begin = now(), elapsed;
        uint64_t loads = 0;
        do
        {
            for (int turn = 0; turn < 200000; turn++)
            {
                at = (char **)*at;
            }
            __asm__ volatile("" : "+r"(at));
            loads += 200000;
            elapsed = now() - begin;
        } while (elapsed < 0.7 || (loads < 2 * bytes / PAGE && elapsed < 4));
        snprintf(name, sizeof name, "pages-%s", mebibytes[i]);
        report(name, elapsed / (double)loads * 1e9, "ns", elapsed);
        munmap(memory, bytes);
    }
    return 0;
}

// The privcmd driver's way to make a hypercall from user space (include/uapi/xen/privcmd.h).
struct privcmd_hypercall { uint64_t op, arg[5]; };
#define IOCTL_PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))
enum { HYPERVISOR_XEN_VERSION = 17, XENVER_VERSION = 0 };
static int privcmd;

static void leave_by_hypercall(void)
{
    struct privcmd_hypercall call = {HYPERVISOR_XEN_VERSION, {XENVER_VERSION}};
    if (ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call) < 0)
    {
        fail("hypercall");
    }
}

static void leave_by_system_call(void) { syscall(SYS_getppid); }
static void leave_by_port(void) { outb(0, 0x80); } // the port that PCs use for delays

__attribute__((noinline)) static uint64_t work(uint64_t turns)
{
    uint64_t x = turns | 1;
    while (turns--)
    {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    }
    __asm__ volatile("" : "+r"(x)); // so that each call is made
    return x;
}

// Turns of work in a second, for 20 ms, with an exit after each `turns` of them; none if `leave` is NULL.
static double rate(uint64_t turns, void (*leave)(void))
{
    static volatile uint64_t sink;
    double begin = now(), elapsed, done = 0;
    do
    {
        for (uint64_t between = 0; between < 200000; between += turns)
        {
            sink += work(turns);
            done += (double)turns;
            if (leave)
            {
                leave();
            }
        }
        elapsed = now() - begin;
    } while (elapsed < 0.02);
    return done / elapsed;
}

static int compare(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

// With exits and without, in turns, so that a busy host disturbs both alike; the median of what is left.
static double share_left(uint64_t turns, void (*leave)(void))
{
    enum { TURNS = 15 };
    double shares[TURNS];
    for (int i = 0; i < TURNS; i++)
    {
        double alone = rate(turns, NULL);
        shares[i] = rate(turns, leave) / alone;
    }
    qsort(shares, TURNS, sizeof *shares, compare);
    return shares[TURNS / 2];
}

int leave_often(const char *way)
{
    void (*leave)(void) = !strcmp(way, "hypercall") ? leave_by_hypercall : !strcmp(way, "port") ? leave_by_port : leave_by_system_call;
    if (leave == leave_by_hypercall && (privcmd = open("/dev/xen/privcmd", O_RDWR)) < 0)
    {
        fail("/dev/xen/privcmd");
    }
    if (leave == leave_by_port && iopl(3) != 0)
    {
        fail("iopl");
    }
    rate(1000, leave);
    for (int exits = 1000; exits <= 3000000; exits = exits % 3 ? exits * 3 : exits / 3 * 10)
    {
        uint64_t turns = (uint64_t)(rate(100000, NULL) / exits);
        char name[64];
        snprintf(name, sizeof name, "exits-%s-%d", way, exits);
        report(name, share_left(turns ? turns : 1, leave), "share", 0.6);
    }
    return 0;
}
