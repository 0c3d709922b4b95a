/* Answers for the CPUID instructions that hidden_cpu.py has replaced by UD2 in a copy of onnxruntime.
 *
 * UD2 raises SIGILL; the handler runs the real CPUID for the registers the program had set, takes the hidden feature
 * bits out of the answer, and steps over the instruction. Everything else of the process runs at native speed.
 * PIXLAKE_HIDE_CPU=no-vnni hides VNNI and AMX and leaves AVX-512; =avx2 hides AVX-512 too.
 * Bits: Intel SDM volume 2A, CPUID, leaf 7. Linux on x86-64 only.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define BIT(n) (1u << (n))

static const unsigned AVX512_EBX = BIT(16) | BIT(17) | BIT(21) | BIT(28) | BIT(30) | BIT(31); /* F DQ IFMA CD BW VL */
static const unsigned AVX512_ECX = BIT(1) | BIT(6) | BIT(12) | BIT(14);                      /* VBMI VBMI2 BITALG VPOPCNT */
static const unsigned VNNI_ECX = BIT(11);
static const unsigned AMX_EDX = BIT(22) | BIT(24) | BIT(25) | BIT(23);      /* bf16, tile, int8; 23 is AVX512-FP16 */
static const unsigned VNNI_SUBLEAF1_EAX = BIT(4) | BIT(5);                  /* AVX-VNNI, AVX512-BF16 */
static const unsigned VNNI_SUBLEAF1_EDX = BIT(4) | BIT(5) | BIT(8) | BIT(10); /* AVX-VNNI-INT8 and its kin */

static int hide_avx512;

static void answer_cpuid(int signal_number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *instruction = (const unsigned char *)registers[REG_RIP];
    unsigned leaf = (unsigned)registers[REG_RAX], subleaf = (unsigned)registers[REG_RCX], eax, ebx, ecx, edx;

    (void)info;
    if (instruction[0] != 0x0f || instruction[1] != 0x0b) { /* not ours: die as without this library */
        signal(signal_number, SIG_DFL);
        return;
    }
    __cpuid_count(leaf, subleaf, eax, ebx, ecx, edx);
    if (leaf == 7 && subleaf == 0) {
        ecx &= ~VNNI_ECX;
        edx &= ~AMX_EDX;
        if (hide_avx512) {
            ebx &= ~AVX512_EBX;
            ecx &= ~AVX512_ECX;
        }
    }
    if (leaf == 7 && subleaf == 1) {
        eax &= ~VNNI_SUBLEAF1_EAX;
        edx &= ~VNNI_SUBLEAF1_EDX;
    }
    registers[REG_RAX] = eax;
    registers[REG_RBX] = ebx;
    registers[REG_RCX] = ecx;
    registers[REG_RDX] = edx;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void install(void)
{
    const char *hidden = getenv("PIXLAKE_HIDE_CPU");
    struct sigaction action = {0};

    if (hidden == NULL)
        return;
    hide_avx512 = strcmp(hidden, "avx2") == 0;
    action.sa_sigaction = answer_cpuid;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, NULL);
}
