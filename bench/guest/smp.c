// SPDX-License-Identifier: MIT
// What several processors do to one another, each for SECONDS on THREADS threads: smp [SECONDS [THREADS [TEST...]]]
// Prints "RESULT name turns" or "WRONG name what", and exits 1 when anything was wrong.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MOST = 64 };

static double seconds = 2;
static int threads = 4;
static volatile int stop;
static atomic_int wrong;
static atomic_ulong turns;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

static void fail(const char *format, ...) {
    if (atomic_fetch_add(&wrong, 1) < 10) {
        va_list list;
        va_start(list, format);
        printf("WRONG ");
        vprintf(format, list);
        printf("\n");
        fflush(stdout);
        va_end(list);
    }
    stop = 1;
}

static void *map(size_t size, int protection) {
    void *at = mmap(0, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) { perror("mmap"); exit(2); }
    return at;
}

// --- atomic operations of every width, in place, across cache lines and across pages

static uint8_t *arena;                                       // three pages
static size_t offset16, offset32, offset64;

static void *add(void *unused) {
    unsigned long n = 0;
    while (!stop) {
        __asm__ volatile("lock incb (%0)" ::"r"(arena) : "memory");
        __asm__ volatile("lock incw (%0)" ::"r"(arena + offset16) : "memory");
        __asm__ volatile("lock incl (%0)" ::"r"(arena + offset32) : "memory");
        __asm__ volatile("lock incq (%0)" ::"r"(arena + offset64) : "memory");
        uint64_t old = 1;
        __asm__ volatile("lock xaddq %0, (%1)" : "+r"(old) : "r"(arena + 128) : "memory");
        uint64_t *pair = (uint64_t *)(arena + 256), low = pair[0], high = pair[1];
        unsigned char done;
        do {
            uint64_t newLow = low + 1, newHigh = high - 1;
            __asm__ volatile("lock cmpxchg16b %1; sete %0"
                             : "=q"(done), "+m"(*(__int128 *)pair), "+a"(low), "+d"(high) : "b"(newLow), "c"(newHigh) : "cc");
        } while (!done);
        n++;
    }
    atomic_fetch_add(&turns, n);
    return unused;
}

static void check(const char *what, uint64_t value, uint64_t mask) {
    if ((value & mask) != (turns & mask)) fail("%s: %lu instead of %lu", what, (unsigned long)(value & mask), turns & mask);
}

static void run(const char *name, void *(*body)(void *)) {
    pthread_t thread[MOST];
    double begin = now();
    stop = 0;
    turns = 0;
    for (int i = 0; i < threads; i++) pthread_create(&thread[i], 0, body, (void *)(intptr_t)i);
    while (!stop && now() - begin < seconds) usleep(10000);
    stop = 1;
    for (int i = 0; i < threads; i++) pthread_join(thread[i], 0);
    printf("RESULT %s %lu turns\n", name, turns);
    fflush(stdout);
}

static void atomics(const char *name, size_t at16, size_t at32, size_t at64) {
    offset16 = at16, offset32 = at32, offset64 = at64;
    memset(arena, 0, 3 * PAGE);
    run(name, add);
    uint16_t v16; uint32_t v32; uint64_t v64;
    memcpy(&v16, arena + at16, 2), memcpy(&v32, arena + at32, 4), memcpy(&v64, arena + at64, 8);
    check("incb", arena[0], 0xFF), check("incw", v16, 0xFFFF), check("incl", v32, 0xFFFFFFFF), check("incq", v64, ~0ull);
    check("xaddq", *(uint64_t *)(arena + 128), ~0ull);
    check("cmpxchg16b low", *(uint64_t *)(arena + 256), ~0ull);
    check("cmpxchg16b high", 0 - *(uint64_t *)(arena + 264), ~0ull);
}

static void test_atomics(void) { atomics("atomics", 16, 32, 64); }
static void test_splitlines(void) { atomics("splitlines", 64 * 3 - 1, 64 * 6 - 2, 64 * 9 - 3); }
static void test_splitpages(void) { atomics("splitpages", PAGE - 1, 2 * PAGE - 2, PAGE + 64 * 5); }
static void test_splitpages8(void) { atomics("splitpages8", 64 * 11, 64 * 12, PAGE - 3); }

// --- code that one thread writes while others run it

typedef uint64_t function(void);
static uint8_t *code;
static _Atomic uint64_t published;

static void *modify(void *argument) {
    unsigned long n = 0;
    if ((intptr_t)argument == 0) {
        for (uint64_t version = 1; !stop; version++) {
            // An aligned immediate of MOV RAX, imm64 is exchanged as a whole, as the processor's manual allows.
            atomic_store((_Atomic uint64_t *)(code + 8), version);
            atomic_store(&published, version);
            n++;
            for (int i = 0; i < 200; i++) __builtin_ia32_pause();
        }
    } else {
        uint64_t last = 0;
        while (!stop) {
            uint64_t before = atomic_load(&published);
            uint32_t a = 0, b, c = 0, d;
            __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)::"memory");   // serializes
            uint64_t got = ((function *)(code + 6))();
            if (got < before) fail("crossmodify: ran version %lu after %lu was published", got, before);
            if (got < last) fail("crossmodify: version %lu after %lu", got, last);
            last = got;
            n++;
        }
    }
    atomic_fetch_add(&turns, n);
    return 0;
}

static void test_crossmodify(void) {
    code = map(PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    memset(code, 0x90, 64);
    code[6] = 0x48, code[7] = 0xB8;
    memset(code + 8, 0, 8);
    code[16] = 0xC3;
    published = 0;
    run("crossmodify", modify);
    munmap(code, PAGE);
}

// New functions beside ones that run: what a JIT does.
static void *compile(void *argument) {
    unsigned long n = 0;
    if ((intptr_t)argument == 0) {
        for (uint64_t version = 1; !stop; version++) {
            uint8_t *at = code + (version * 16 & (PAGE * 4 - 1));
            memset(at, 0xCC, 16);
            atomic_thread_fence(memory_order_seq_cst);
            at[0] = 0x48, at[1] = 0xB8;
            memcpy(at + 2, &version, 8);
            at[10] = 0xC3;
            atomic_store(&published, version);
            n++;
            for (int i = 0; i < 500; i++) __builtin_ia32_pause();
        }
    } else {
        while (!stop) {
            uint64_t version = atomic_load(&published);
            if (version == 0) continue;
            uint32_t a = 0, b, c = 0, d;
            __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)::"memory");
            if (atomic_load(&published) != version) continue;
            uint64_t got = ((function *)(code + (version * 16 & (PAGE * 4 - 1))))();
            if (got != version && atomic_load(&published) < version + 1000) fail("jit: version %lu instead of %lu", got, version);
            n++;
        }
    }
    atomic_fetch_add(&turns, n);
    return 0;
}

static void test_jit(void) {
    code = map(PAGE * 4, PROT_READ | PROT_WRITE | PROT_EXEC);
    memset(code, 0xCC, PAGE * 4);
    published = 0;
    run("jit", compile);
    munmap(code, PAGE * 4);
}

// --- translations that one thread takes away while others use them

static uint64_t *volatile shared;
static _Atomic uint64_t generation;

static void *shoot(void *argument) {
    unsigned long n = 0;
    if ((intptr_t)argument == 0) {
        for (uint64_t next = 1; !stop; next++) {
            // The old page goes in one step with the new one's coming: from then on nobody may read the old number.
            uint64_t *fresh = map(PAGE, PROT_READ | PROT_WRITE);
            fresh[0] = next;
            if (mremap(fresh, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)shared) == MAP_FAILED) { perror("mremap"); exit(2); }
            atomic_store(&generation, next);
            n++;
        }
    } else {
        while (!stop) {
            for (int i = 0; i < 100 && !stop; i++) {
                uint64_t before = atomic_load(&generation);
                // Between unmapping and mapping the page is absent: read through a system call, which says so.
                uint64_t got = before;
                static __thread int pipes[2];
                if (!pipes[1] && pipe(pipes)) exit(2);
                if (write(pipes[1], (void *)shared, 8) == 8 && read(pipes[0], &got, 8) == 8 && got < before)
                    fail("shoot: read %lu after %lu was in place", got, before);
                n++;
            }
        }
    }
    atomic_fetch_add(&turns, n);
    return 0;
}

static void test_shoot(void) {
    shared = map(PAGE, PROT_READ | PROT_WRITE);
    generation = 0;
    run("shoot", shoot);
}

// Write protection: after mprotect returns no store may succeed; stores count on a page that is either or.
static void *protect(void *argument) {
    unsigned long n = 0;
    intptr_t self = (intptr_t)argument;
    volatile uint64_t *mine = (volatile uint64_t *)map(PAGE * 4, PROT_READ | PROT_WRITE);
    for (uint64_t i = 1; !stop; i++) {
        mine[0] = i, mine[512] = i, mine[1024] = i;
        mprotect((void *)mine, PAGE * 4, PROT_READ);
        if (mine[0] != i || mine[1024] != i) fail("protect: thread %ld reads %lu, wrote %lu", self, mine[0], i);
        mprotect((void *)mine, PAGE * 4, PROT_READ | PROT_WRITE);
        if (i % 16 == 0) {
            madvise((void *)mine, PAGE * 4, MADV_DONTNEED);
            if (mine[0] | mine[512]) fail("protect: thread %ld reads %lu from a page given back", self, mine[0]);
        }
        n++;
    }
    atomic_fetch_add(&turns, n);
    return 0;
}

static void test_protect(void) { run("protect", protect); }

// --- message passing: stores are seen in their order (TSO), and a fence orders a store before a load

static struct { _Atomic uint64_t data, pad[7], flag, pad2[7], x, pad3[7], y; } box;

static void *message(void *argument) {
    unsigned long n = 0;
    if ((intptr_t)argument == 0)
        for (uint64_t i = 1; !stop; i++, n++) {
            atomic_store_explicit(&box.data, i, memory_order_relaxed);
            atomic_store_explicit(&box.flag, i, memory_order_release);
        }
    else
        for (; !stop; n++) {
            uint64_t flag = atomic_load_explicit(&box.flag, memory_order_acquire);
            uint64_t data = atomic_load_explicit(&box.data, memory_order_relaxed);
            if (data < flag) fail("message: data %lu behind flag %lu", data, flag);
        }
    atomic_fetch_add(&turns, n);
    return 0;
}

static void test_message(void) { memset(&box, 0, sizeof box); run("message", message); }

// --- processes: fork shares pages that both then write

static void *forks(void *argument) {
    unsigned long n = 0;
    volatile uint64_t *mine = (volatile uint64_t *)map(PAGE * 8, PROT_READ | PROT_WRITE);
    for (uint64_t i = 1; !stop; i++) {
        for (int k = 0; k < 8; k++) mine[k * 512] = i + k;
        pid_t child = fork();
        if (child == 0) {
            for (int k = 0; k < 8; k++) {
                if (mine[k * 512] != i + k) _exit(1);
                mine[k * 512] = 0;
            }
            _exit(0);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) fail("forks: thread %ld's child: %x", (long)(intptr_t)argument, status);
        for (int k = 0; k < 8; k++)
            if (mine[k * 512] != i + k) fail("forks: thread %ld: page %d holds %lu, not %lu", (long)(intptr_t)argument, k, mine[k * 512], i + k);
        n++;
    }
    atomic_fetch_add(&turns, n);
    return 0;
}

static void test_forks(void) { run("forks", forks); }

// --- mutexes, condition variables: futexes between processors

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t guarded;

static void *locks(void *unused) {
    unsigned long n = 0;
    while (!stop) {
        pthread_mutex_lock(&mutex);
        guarded++;
        pthread_mutex_unlock(&mutex);
        n++;
    }
    atomic_fetch_add(&turns, n);
    return unused;
}

static void test_locks(void) {
    guarded = 0;
    run("locks", locks);
    check("locks", guarded, ~0ull);
}

static void *count(void *unused) {
    uint64_t x = 1, n = 0;
    while (!stop) {
        for (int i = 0; i < 1000000; i++) x = x * 6364136223846793005u + 1442695040888963407u, x ^= x >> 29;
        n++;
    }
    atomic_fetch_add(&turns, n + (x == 0));
    return unused;
}

static void test_count(void) { run("count", count); }

static const struct { const char *name; void (*test)(void); } tests[] = {
    { "atomics", test_atomics }, { "splitlines", test_splitlines }, { "splitpages", test_splitpages }, { "splitpages8", test_splitpages8 },
    { "crossmodify", test_crossmodify }, { "jit", test_jit }, { "shoot", test_shoot }, { "protect", test_protect },
    { "message", test_message }, { "forks", test_forks }, { "locks", test_locks }, { "count", test_count },
};

int main(int argc, char **argv) {
    seconds = argc > 1 ? atof(argv[1]) : seconds;
    threads = argc > 2 ? atoi(argv[2]) : threads;
    if (threads < 1 || threads > MOST) return 2;
    arena = map(3 * PAGE, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        int wanted = argc <= 3;
        for (int k = 3; k < argc; k++) wanted |= !strcmp(argv[k], tests[i].name);
        if (wanted) tests[i].test();
    }
    return wrong != 0;
}
