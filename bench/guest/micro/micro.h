// SPDX-License-Identifier: MIT
//
// The programs of bench/run, the same static binary in each machine and on the host. Each work runs for about a second and prints
//
//     RESULT <name> <value> <unit> <seconds>
#pragma once
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// One round does `amount` units of work and returns something that depends on all of it.
typedef uint64_t round_fn(uint64_t amount);

// A work by its name: `units` of `unit` are done for each one of `amount`; `prepare` may be NULL.
struct work
{
    const char *name, *unit;
    double units;
    uint64_t amount;
    round_fn *round;
    void (*prepare)(void);
};

extern const struct work compute_works[], system_works[];

double now(void);
uint64_t next_random(uint64_t *seed);                          // 31 random bits
void measure(const struct work *work);                         // warms up, runs for a second, prints the rate
void report(const char *name, double value, const char *unit, double seconds);
_Noreturn void fail(const char *what);

int parallel(int workers, const struct work *work);            // system.c: as many processes at once, their rates added
int time_command(const char *name, double amount, const char *unit, char **command);
int make_corpus(long bytes);                                   // input.c: a text, a picture (PPM), a film (Y4M) to stdout
int make_picture(int width, int height);
int make_film(int width, int height, int frames);
int make_program(double megabytes, const char *path);          // program.c: an ELF executable of that size; running it runs all its code once
int time_program(const char *label, const char *path);
int chase_pages(int count, char **mebibytes);                  // curves.c
int leave_often(const char *way);
