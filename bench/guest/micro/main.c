// SPDX-License-Identifier: MIT
//
//   micro NAME                          one work of compute.c or system.c; `micro list` shows them
//   micro parallel WORKERS NAME         as many of it at once
//   micro time NAME AMOUNT UNIT CMD …   how much of AMOUNT a command works through per second
//   micro corpus BYTES | picture WIDTH HEIGHT | film WIDTH HEIGHT FRAMES      input for programs, the same everywhere
//   micro program MEGABYTES FILE        writes an executable;  micro cold LABEL FILE  runs it twice
//   micro pages MEBIBYTES…              nanoseconds per load when each is in another page of that much memory
//   micro exits syscall|hypercall|port  how much work is left at growing rates of them
//   micro clock LABEL                   the guest's clock, to be held against the host's
#include "micro.h"

static volatile uint64_t sink;

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

void report(const char *name, double value, const char *unit, double seconds)
{
    printf("RESULT %s %.6g %s %.3f\n", name, value, unit, seconds);
    fflush(stdout);
}

_Noreturn void fail(const char *what)
{
    fflush(stdout);
    perror(what);
    exit(1);
}

void measure(const struct work *work)
{
    if (work->prepare)
    {
        work->prepare();
    }
    double begin = now(), done, elapsed;
    sink += work->round(work->amount); // warm: caches, translations, page tables
    double longest = 3 + 3 * (now() - begin);
    int tries = 0;
    do // again if somebody has stopped the whole machine meanwhile
    {
        done = 0, begin = now();
        do
        {
            sink += work->round(work->amount);
            done += (double)work->amount * work->units;
            elapsed = now() - begin;
        } while (elapsed < 1.0);
    } while (elapsed > longest && ++tries < 3);
    report(work->name, done / elapsed, work->unit, elapsed);
}

static const struct work *find(const char *name)
{
    const struct work *lists[] = {compute_works, system_works};
    for (int i = 0; i < 2; i++)
    {
        for (const struct work *work = lists[i]; work->name; work++)
        {
            if (!strcmp(name, "list"))
            {
                puts(work->name);
            }
            else if (!strcmp(name, work->name))
            {
                return work;
            }
        }
    }
    exit(strcmp(name, "list") ? 2 : 0);
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (argc == 3 && !strcmp(command, "clock")) { printf("CLOCK %s %.6f\n", argv[2], now()); return 0; }
    if (argc == 3 && !strcmp(command, "corpus")) return make_corpus(atol(argv[2]));
    if (argc == 4 && !strcmp(command, "picture")) return make_picture(atoi(argv[2]), atoi(argv[3]));
    if (argc == 5 && !strcmp(command, "film")) return make_film(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
    if (argc >= 6 && !strcmp(command, "time")) return time_command(argv[2], atof(argv[3]), argv[4], argv + 5);
    if (argc == 4 && !strcmp(command, "parallel")) return parallel(atoi(argv[2]), find(argv[3]));
    if (argc == 4 && !strcmp(command, "program")) return make_program(atof(argv[2]), argv[3]);
    if (argc == 4 && !strcmp(command, "cold")) return time_program(argv[2], argv[3]);
    if (argc >= 3 && !strcmp(command, "pages")) return chase_pages(argc - 2, argv + 2);
    if (argc == 3 && !strcmp(command, "exits")) return leave_often(argv[2]);
    if (argc == 2) { measure(find(command)); return 0; }
    fputs("micro: see the head of main.c\n", stderr);
    return 2;
}
