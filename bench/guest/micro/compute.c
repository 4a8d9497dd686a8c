// SPDX-License-Identifier: MIT
//
// Works that stay in user mode: integers, floating point, memory, strings.
#include "micro.h"
#include <complex.h>
#include <math.h>

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

static void prepare_matrix(void)
{
    for (int i = 0; i < N * N; i++)
    {
        a[i / N][i % N] = (float)(i % 17) * 0.25f;
        b[i / N][i % N] = (float)(i % 13) * 0.5f;
    }
}

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

// What mandelbrot images are made of: scalar double additions and multiplications, and a comparison.
__attribute__((optimize("no-tree-vectorize"))) static uint64_t double_arithmetic(uint64_t amount)
{
    uint64_t inside = 0;
    for (uint64_t i = 0; i < amount; i++)
    {
        double re = (double)(i % 64) / 64 - 1.5, im = (double)(i / 64 % 64) / 64 - 0.5, x = 0, y = 0;
        int turn = 0;
        for (; turn < 100 && x * x + y * y < 4; turn++)
        {
            double next = x * x - y * y + re;
            y = 2 * x * y + im;
            x = next;
        }
        inside += turn == 100;
    }
    return inside;
}

// A complex float transform of 4096 points, radix 2; the compiler makes vectors of its inner loops.
enum { POINTS = 4096 };
static float point_re[POINTS], point_im[POINTS], twiddle_re[POINTS], twiddle_im[POINTS];
static uint16_t reversed[POINTS];

static void prepare_fft(void)
{
    for (int i = 0; i < POINTS; i++)
    {
        reversed[i] = (uint16_t)(reversed[i / 2] / 2 + i % 2 * (POINTS / 2));
    }
    for (int half = 1; half < POINTS; half *= 2)
    {
        for (int k = 0; k < half; k++)
        {
            float complex w = cexpf(-(float)M_PI * I * (float)k / (float)half);
            twiddle_re[half + k] = crealf(w);
            twiddle_im[half + k] = cimagf(w);
        }
    }
}

__attribute__((optimize("O3"))) static void butterflies(
    float *restrict low_re, float *restrict low_im, float *restrict high_re, float *restrict high_im, int half)
{
    const float *w_re = twiddle_re + half, *w_im = twiddle_im + half;
    for (int k = 0; k < half; k++)
    {
        float re = high_re[k] * w_re[k] - high_im[k] * w_im[k], im = high_re[k] * w_im[k] + high_im[k] * w_re[k];
        high_re[k] = low_re[k] - re;
        high_im[k] = low_im[k] - im;
        low_re[k] += re;
        low_im[k] += im;
    }
}

static uint64_t fft(uint64_t amount)
{
    while (amount--)
    {
        for (int i = 0; i < POINTS; i++) // the input in bit-reversed order
        {
            point_re[reversed[i]] = (float)i;
            point_im[reversed[i]] = (float)(POINTS - i);
        }
        for (int half = 1; half < POINTS; half *= 2)
        {
            for (int at = 0; at < POINTS; at += 2 * half)
            {
                butterflies(point_re + at, point_im + at, point_re + at + half, point_im + at + half, half);
            }
        }
    }
    return (uint64_t)point_re[1];
}

// A ring of lines in random order: each load's address is the last one's result.
enum { LINE = 64 };
struct link { struct link *next; char pad[LINE - sizeof(void *)]; };
static struct link *chain;

static void build_chain(uint32_t lines)
{
    uint32_t *order = malloc(lines * sizeof *order);
    uint64_t seed = 12345;
    chain = aligned_alloc(4096, (size_t)lines * LINE);
    for (uint32_t i = 0; i < lines; i++)
    {
        order[i] = i;
    }
    for (uint32_t i = lines - 1; i > 0; i--)
    {
        uint32_t j = (uint32_t)next_random(&seed) % (i + 1), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (uint32_t i = 0; i < lines; i++)
    {
        chain[order[i]].next = &chain[order[(i + 1) % lines]];
    }
    free(order);
}

static void build_small_chain(void) { build_chain((4 << 20) / LINE); }
static void build_large_chain(void) { build_chain((256 << 20) / LINE); }

static uint64_t pointer_chase(uint64_t amount)
{
    static struct link *p;
    p = p ? p : chain;
    while (amount--)
    {
        p = p->next;
    }
    return (uint64_t)(uintptr_t)p;
}

enum { COPY_BYTES = 8 << 20, STRINGS = 256 };
static char *copy_from, *copy_to, *strings[STRINGS];

static void prepare_copy(void)
{
    copy_from = malloc(COPY_BYTES);
    copy_to = malloc(COPY_BYTES);
    memset(copy_from, 3, COPY_BYTES);
    memset(copy_to, 4, COPY_BYTES);
}

static uint64_t memory_copy(uint64_t amount)
{
    while (amount--)
    {
        memcpy(copy_to, copy_from, COPY_BYTES);
        __asm__ volatile("" : : "r"(copy_to) : "memory");
    }
    return (uint64_t)copy_to[77];
}

static uint64_t memory_set(uint64_t amount)
{
    while (amount--)
    {
        memset(copy_to, (int)amount & 255, COPY_BYTES);
        __asm__ volatile("" : : "r"(copy_to) : "memory");
    }
    return (uint64_t)copy_to[77];
}

// 8 to 2048 bytes long, short ones more often; 64 KiB in all.
static void prepare_strings(void)
{
    uint64_t seed = 7;
    for (int i = 0; i < STRINGS; i++)
    {
        size_t length = ((size_t)8 << next_random(&seed) % 8) + next_random(&seed) % 8;
        strings[i] = malloc(length + 1);
        memset(strings[i], 'a' + i % 20, length);
        strings[i][length] = 0;
    }
}

// The C library's own choice of strlen, memchr, memcmp, strcpy and strcmp for this processor.
static uint64_t string_functions(uint64_t amount)
{
    static char copy[4096];
    uint64_t bytes = 0;
    while (amount--)
    {
        for (int i = 0; i < STRINGS; i++)
        {
            size_t length = strlen(strings[i]);
            bytes += memchr(strings[i], 'z', length) != NULL;
            strcpy(copy, strings[i]);
            bytes += (uint64_t)(memcmp(copy, strings[i], length) + strcmp(copy, strings[i]));
            __asm__ volatile("" : : "r"(copy) : "memory");
        }
    }
    return bytes;
}

const struct work compute_works[] = {
    {"integer-hash", "rounds/s", 1, 2000000, integer_hash, NULL},
    {"sha256-c", "MB/s", 64 / 1e6, 10000, sha256, NULL},
    {"matrix", "GFLOP/s", 2.0 * N * N * N / 1e9, 1, matrix_multiply, prepare_matrix},
    {"fft", "transforms/s", 1, 10, fft, prepare_fft},
    {"divide", "divisions/s", 1, 500000, double_divide, NULL},
    {"double", "points/s", 1, 4096, double_arithmetic, NULL},
    {"chase-4", "loads/s", 1, 1000000, pointer_chase, build_small_chain},
    {"chase-256", "loads/s", 1, 1000000, pointer_chase, build_large_chain},
    {"memcpy", "MB/s", COPY_BYTES / 1e6, 4, memory_copy, prepare_copy},
    {"memset", "MB/s", COPY_BYTES / 1e6, 4, memory_set, prepare_copy},
    {"strings", "strings/s", STRINGS, 20, string_functions, prepare_strings},
    {0},
};
