// SPDX-License-Identifier: MIT
//
// The guest's side of bench/run: small programs that each run for about a second and print one line,
//
//     RESULT <name> <rate> <unit> <seconds>
//
// where a higher rate is better. Compiled on the machine that measures: gcc -O2 -static.
//
//   micro all                     every test of this file
//   micro NAME                    one of them
//   micro corpus BYTES            the text that the compressors get, the same bytes everywhere
//   micro time NAME BYTES CMD …   how many bytes per second a command works through
//   micro clock LABEL             the guest's clock, to be held against the host's
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_PER_TEST 1.0

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// One round of a test does `amount` units of work and returns something that depends on all of it.
typedef uint64_t round_fn(uint64_t amount);
static volatile uint64_t sink;

static void measure(const char *name, const char *unit, double units_per_amount, uint64_t amount, round_fn *round)
{
    sink += round(amount); // warm: caches, translations, page tables
    double done = 0, begin = now(), elapsed;
    do
    {
        sink += round(amount);
        done += (double)amount * units_per_amount;
        elapsed = now() - begin;
    } while (elapsed < SECONDS_PER_TEST);
    printf("RESULT %s %.6g %s %.3f\n", name, done / elapsed, unit, elapsed);
    fflush(stdout);
}

// Four lanes in registers, as xxHash64 has them: how many instructions go through, not how long one multiplication takes.
static uint64_t integer_hash(uint64_t amount)
{
    const uint64_t p1 = 0x9E3779B185EBCA87u, p2 = 0xC2B2AE3D27D4EB4Fu;
    uint64_t v1 = p1, v2 = p2, v3 = 0, v4 = ~p1;
    for (uint64_t i = 0; i < amount; i++)
    {
        v1 += i * p2;
        v1 = ((v1 << 31) | (v1 >> 33)) * p1;
        v2 += i ^ v1;
        v2 = (v2 << 27) | (v2 >> 37);
        v3 ^= v3 << 13;
        v3 += v2 ^ (i >> 7);
        v4 = ((v4 << 11) | (v4 >> 53)) ^ v3;
    }
    return v1 ^ v2 ^ v3 ^ v4;
}

// SHA-256 as FIPS 180-4 writes it: what a program does that has no instruction for it.
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static uint32_t hashed_block[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static uint32_t turned(uint32_t x, int by) { return x >> by | x << (32 - by); }

static uint64_t sha256(uint64_t blocks)
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    while (blocks--)
    {
        uint32_t w[64], v[8];
        memcpy(w, hashed_block, sizeof hashed_block);
        memcpy(v, state, sizeof v);
        for (int i = 16; i < 64; i++)
        {
            uint32_t low = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ w[i - 15] >> 3;
            uint32_t high = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ w[i - 2] >> 10;
            w[i] = w[i - 16] + low + w[i - 7] + high;
        }
        for (int i = 0; i < 64; i++)
        {
            uint32_t one = v[7] + (turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6]))
                + round_constants[i] + w[i];
            uint32_t two = (turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            v[7] = v[6], v[6] = v[5], v[5] = v[4], v[4] = v[3] + one;
            v[3] = v[2], v[2] = v[1], v[1] = v[0], v[0] = one + two;
        }
        for (int i = 0; i < 8; i++)
            state[i] += v[i];
    }
    return state[0] ^ state[7];
}

enum { N = 256 };
static float a[N][N], b[N][N], c[N][N];

static uint64_t matrix_multiply(uint64_t amount)
{
    while (amount--)
    {
        for (int i = 0; i < N; i++)
        {
            a[i][i % N] += 0.5f;
            for (int j = 0; j < N; j++)
            {
                c[i][j] = 0;
            }
            for (int k = 0; k < N; k++)
            {
                float x = a[i][k];
                for (int j = 0; j < N; j++)
                {
                    c[i][j] += x * b[k][j];
                }
            }
        }
    }
    return (uint64_t)c[3][5];
}

// A sum of quotients: each iteration converts, divides and adds (cvtsi2sd, divsd, addsd); no division waits for another.
__attribute__((optimize("no-tree-vectorize"))) static uint64_t double_divide(uint64_t amount)
{
    double sum = 0;
    for (uint64_t i = 1; i <= amount; i++)
    {
        sum += 1.0 / (double)i;
    }
    return (uint64_t)sum;
}

enum { CHASE_BYTES = 4 << 20, LINE = 64, LINES = CHASE_BYTES / LINE };
struct link { struct link *next; char pad[LINE - sizeof(void *)]; };
static struct link *chain;

static void build_chain(void)
{
    static uint32_t order[LINES];
    uint64_t seed = 12345;
    chain = aligned_alloc(4096, CHASE_BYTES);
    for (uint32_t i = 0; i < LINES; i++)
    {
        order[i] = i;
    }
    for (uint32_t i = LINES - 1; i > 0; i--)
    {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t j = (uint32_t)(seed >> 33) % (i + 1), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (uint32_t i = 0; i < LINES; i++)
    {
        chain[order[i]].next = &chain[order[(i + 1) % LINES]];
    }
}

static uint64_t pointer_chase(uint64_t amount)
{
    struct link *p = chain;
    while (amount--)
    {
        p = p->next;
    }
    return (uint64_t)(uintptr_t)p;
}

enum { COPY_BYTES = 8 << 20 };
static char *copy_from, *copy_to;

static uint64_t memory_copy(uint64_t amount)
{
    while (amount--)
    {
        memcpy(copy_to, copy_from, COPY_BYTES);
        __asm__ volatile("" : : "r"(copy_to) : "memory");
    }
    return (uint64_t)copy_to[77];
}

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
            execl("/bin/busybox", "true", (char *)NULL);
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

static int to_child[2], from_child[2];

static uint64_t pipe_ping_pong(uint64_t amount)
{
    char byte = 'x';
    while (amount--)
    {
        if (write(to_child[1], &byte, 1) != 1 || read(from_child[0], &byte, 1) != 1)
        {
            exit(1);
        }
    }
    return (uint64_t)byte;
}

static void measure_pipe(void)
{
    if (pipe(to_child) != 0 || pipe(from_child) != 0)
    {
        exit(1);
    }
    pid_t child = fork();
    if (child == 0)
    {
        char byte;
        close(to_child[1]);
        while (read(to_child[0], &byte, 1) == 1 && write(from_child[1], &byte, 1) == 1)
        {
        }
        _exit(0);
    }
    measure("pipe", "round-trips/s", 1, 500, pipe_ping_pong);
    close(to_child[1]);
    waitpid(child, NULL, 0);
}

static void run_tests(const char *only)
{
    int all = strcmp(only, "all") == 0;
    if (all || !strcmp(only, "integer-hash")) measure("integer-hash", "rounds/s", 1, 2000000, integer_hash);
    if (all || !strcmp(only, "sha256-c")) measure("sha256-c", "MB/s", 64 / 1e6, 10000, sha256);
    if (all || !strcmp(only, "matrix"))
    {
        for (int i = 0; i < N * N; i++)
        {
            a[i / N][i % N] = (float)(i % 17) * 0.25f;
            b[i / N][i % N] = (float)(i % 13) * 0.5f;
        }
        measure("matrix", "GFLOP/s", 2.0 * N * N * N / 1e9, 1, matrix_multiply);
    }
    if (all || !strcmp(only, "divide")) measure("divide", "divisions/s", 1, 500000, double_divide);
    if (all || !strcmp(only, "chase"))
    {
        build_chain();
        measure("chase", "loads/s", 1, 1000000, pointer_chase);
    }
    if (all || !strcmp(only, "memcpy"))
    {
        copy_from = malloc(COPY_BYTES);
        copy_to = malloc(COPY_BYTES);
        memset(copy_from, 3, COPY_BYTES);
        memset(copy_to, 4, COPY_BYTES);
        measure("memcpy", "MB/s", COPY_BYTES / 1e6, 4, memory_copy);
    }
    if (all || !strcmp(only, "syscall")) measure("syscall", "calls/s", 1, 20000, system_call);
    if (all || !strcmp(only, "fork")) measure("fork", "forks/s", 1, 20, fork_wait);
    if (all || !strcmp(only, "exec")) measure("exec", "execs/s", 1, 10, exec_static);
    if (all || !strcmp(only, "fault")) measure("fault", "faults/s", 4096, 1, page_fault);
    if (all || !strcmp(only, "pipe")) measure_pipe();
}

// Text-like: words of a small vocabulary, drawn so that some are common and most are rare.
static void corpus(long bytes)
{
    static char words[2048][12];
    uint64_t seed = 42;
    for (int w = 0; w < 2048; w++)
    {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int length = 2 + (int)(seed >> 60) % 9;
        for (int i = 0; i < length; i++)
        {
            words[w][i] = (char)('a' + (seed >> (i * 5)) % 26);
        }
    }
    for (long written = 0; written < bytes;)
    {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t r = (uint32_t)(seed >> 33), mask = (r & 7) < 5 ? 63 : 2047;
        written += printf((r & 255) == 0 ? "%s.\n" : "%s ", words[(r >> 8) & mask]);
    }
}

static int time_command(const char *name, double bytes, char **command)
{
    double begin = now();
    pid_t child = fork();
    if (child == 0)
    {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        execvp(command[0], command);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    double elapsed = now() - begin;
    if (status != 0)
    {
        printf("FAILED %s status %d\n", name, status);
        return 1;
    }
    printf("RESULT %s %.6g MB/s %.3f\n", name, bytes / 1e6 / elapsed, elapsed);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && !strcmp(argv[1], "corpus"))
    {
        corpus(atol(argv[2]));
    }
    else if (argc >= 5 && !strcmp(argv[1], "time"))
    {
        return time_command(argv[2], atof(argv[3]), argv + 4);
    }
    else if (argc >= 3 && !strcmp(argv[1], "clock"))
    {
        printf("CLOCK %s %.6f\n", argv[2], now());
    }
    else
    {
        run_tests(argc >= 2 ? argv[1] : "all");
    }
    return 0;
}
