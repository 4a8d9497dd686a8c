// SPDX-License-Identifier: MIT
//
// What programs get to work on: the same bytes on each machine, made there.
#include "micro.h"

// Text-like: words of a small vocabulary, drawn so that some are common and most are rare.
int make_corpus(long bytes)
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
    return 0;
}

// Soft shapes, edges and a little noise, so that a coder finds all three; `moved` shifts the shapes from frame to frame.
static int shade(int x, int y, int moved, uint64_t *seed)
{
    int soft = (x * 3 + y * 2 + moved) / 8 % 256, edge = ((x + moved) / 40 + y / 40) % 2 * 60;
    int noise = (int)(next_random(seed) % 8);
    return (soft < 128 ? soft : 255 - soft) + edge + noise;
}

int make_picture(int width, int height)
{
    uint64_t seed = 3;
    printf("P6\n%d %d\n255\n", width, height);
    for (int y = 0; y < height; y++)
    {
        for (int x = 0; x < width; x++)
        {
            int value = shade(x, y, 0, &seed);
            putchar_unlocked(value);
            putchar_unlocked(value / 2 + x % 64);
            putchar_unlocked(255 - value);
        }
    }
    return 0;
}

int make_film(int width, int height, int frames)
{
    uint64_t seed = 3;
    printf("YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420\n", width, height);
    for (int frame = 0; frame < frames; frame++)
    {
        puts("FRAME");
        for (int i = 0; i < width * height; i++)
        {
            putchar_unlocked(shade(i % width, i / width, frame * 5, &seed));
        }
        for (int i = 0; i < width * height / 2; i++)
        {
            putchar_unlocked(128 + (i / width + frame) % 16);
        }
    }
    return 0;
}
