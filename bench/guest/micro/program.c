// SPDX-License-Identifier: MIT
//
// A static ELF executable of any size whose code is all different and runs once: what a translator meets in a large cold program.
#include "micro.h"
#include <elf.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { CODE_AT = 0x400000, OPERANDS_AT = 0x20000000, OPERANDS_BYTES = 1 << 16, FUNCTION_BYTES = 256, CALL_BYTES = 5 };

static uint8_t *put(uint8_t *at, int count, const uint8_t *bytes) { return memcpy(at, bytes, (size_t)count) + count; }
#define PUT(at, ...) put(at, (int)sizeof((uint8_t[]){__VA_ARGS__}), (uint8_t[]){__VA_ARGS__})

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, 4);
    return at + 4;
}

// One instruction of those that compilers write most, with operands of its own. RSI points to the operands in memory.
static uint8_t *put_instruction(uint8_t *at, uint64_t *seed)
{
    uint32_t value = (uint32_t)next_random(seed), offset = value % (OPERANDS_BYTES - 8);
    switch (next_random(seed) % 10)
    {
    case 0: return put32(PUT(at, 0x05), value);                                     // add eax, imm32
    case 1: return put32(PUT(at, 0x81, 0xF3), value);                               // xor ebx, imm32
    case 2: return PUT(at, 0x8D, 0x44, 0x98, (uint8_t)value);                       // lea eax, [rax + rbx*4 + disp8]
    case 3: return put32(PUT(at, 0x89, 0x86), offset);                              // mov [rsi + disp32], eax
    case 4: return put32(PUT(at, 0x03, 0x9E), offset);                              // add ebx, [rsi + disp32]
    case 5: return put32(PUT(at, 0x8B, 0x8E), offset);                              // mov ecx, [rsi + disp32]
    case 6: return PUT(at, 0x0F, 0xAF, 0xC1);                                       // imul eax, ecx
    case 7: return PUT(at, 0xC1, 0xC0, (uint8_t)(1 + value % 30));                  // rol eax, imm8
    case 8: return PUT(at, 0x39, 0xD8, 0x73, 0x03, 0x48, 0x89, 0xC1);               // cmp eax, ebx; jae over; mov rcx, rax
    default: return PUT(at, 0x84, 0xC0, 0x75, 0x02, 0x01, 0xD8);                    // test al, al; jnz over; add eax, ebx
    }
}

static void put_function(uint8_t *at, uint64_t *seed)
{
    uint8_t *end = at + FUNCTION_BYTES;
    memset(at, 0xCC, FUNCTION_BYTES);
    at = PUT(at, 0x53);                                                             // push rbx
    while (end - at > 12)
    {
        at = put_instruction(at, seed);
    }
    PUT(at, 0x5B, 0xC3);                                                            // pop rbx; ret
}

// The start: a call for each function, one after another, and exit(0).
static void put_start(uint8_t *at, uint32_t functions, const uint8_t *first)
{
    at = put32(PUT(at, 0xBE), OPERANDS_AT);                                         // mov esi, the operands
    for (uint32_t i = 0; i < functions; i++)
    {
        const uint8_t *function = first + (size_t)i * FUNCTION_BYTES;
        at = put32(PUT(at, 0xE8), (uint32_t)(function - (at + CALL_BYTES)));
    }
    PUT(at, 0xB8, 60, 0, 0, 0, 0x31, 0xFF, 0x0F, 0x05);                             // mov eax, 60; xor edi, edi; syscall
}

int make_program(double megabytes, const char *path)
{
    uint32_t functions = (uint32_t)(megabytes * 1e6 / (FUNCTION_BYTES + CALL_BYTES));
    size_t heads = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr), start = heads + 16 + (size_t)functions * CALL_BYTES;
    size_t first = (start + 4095) & ~(size_t)4095, size = first + (size_t)functions * FUNCTION_BYTES;
    uint8_t *image = calloc(1, size);
    FILE *file = fopen(path, "wb");
    if (!image || !file)
    {
        fail(path);
    }
    Elf64_Ehdr head = {
        .e_ident = {0x7F, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = 1,
        .e_entry = CODE_AT + heads, .e_phoff = sizeof head, .e_ehsize = sizeof head, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
    Elf64_Phdr segments[2] = {
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = CODE_AT, .p_paddr = CODE_AT, .p_filesz = size, .p_memsz = size, .p_align = 4096},
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = OPERANDS_AT, .p_paddr = OPERANDS_AT, .p_memsz = OPERANDS_BYTES, .p_align = 4096}};
    memcpy(image, &head, sizeof head);
    memcpy(image + sizeof head, segments, sizeof segments);
    put_start(image + heads, functions, image + first);
    uint64_t seed = 99;
    for (uint32_t i = 0; i < functions; i++)
    {
        put_function(image + first + (size_t)i * FUNCTION_BYTES, &seed);
    }
    if (fwrite(image, 1, size, file) != size || fclose(file) != 0 || chmod(path, 0755) != 0)
    {
        fail(path);
    }
    free(image);
    return 0;
}

static double run_once(const char *path)
{
    double begin = now();
    pid_t child = fork();
    if (child == 0)
    {
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0)
    {
        fprintf(stderr, "%s: status %x\n", path, status);
        exit(1);
    }
    return now() - begin;
}

int time_program(const char *label, const char *path)
{
    char name[64];
    double first = run_once(path), second = run_once(path);
    snprintf(name, sizeof name, "code-first-%s", label);
    report(name, first, "s", first);
    snprintf(name, sizeof name, "code-again-%s", label);
    report(name, second, "s", second);
    return 0;
}
