#include "CDamage.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <ucontext.h>
#endif

// What the handler needs. There is one of it in a process: as `static` in a header, each file that
// an optimiser moves a call to would get one of its own, whose code is 0.
static struct {
    int code;
    size_t length;
    char text[512];
    volatile uintptr_t starts[DAMAGE_MAPS_MAX], ends[DAMAGE_MAPS_MAX];
    // Where LMDB's own code lies.
    uintptr_t code_start, code_end;
    // How many copies are under way.
    atomic_int copies;
    struct sigaction before_bus, before_segv, before_abort;
} damage;

// Says the sentence, and a detail unless it is NULL, and ends the process.
static void end(const char *detail) {
    ssize_t written = write(2, damage.text, damage.length);
    if (detail) {
        written += write(2, " (", 2);
        written += write(2, detail, strlen(detail));
        written += write(2, ")", 1);
    }
    written += write(2, "\n", 1);
    (void)written;
    _exit(damage.code);
}

// The address of the instruction that a signal interrupted; 0 where that is not known.
static uintptr_t instruction_of(const void *context) {
#if defined(__linux__) && defined(__x86_64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[16 /* REG_RIP */];
#elif defined(__linux__) && defined(__aarch64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

// Where the function that a signal interrupted returns to, if it keeps nothing on the stack, as
// memmove does; 0 where that is not known.
static uintptr_t caller_of(const void *context) {
#if defined(__linux__) && defined(__x86_64__)
    return *(const uintptr_t *)((const ucontext_t *)context)->uc_mcontext.gregs[15 /* REG_RSP */];
#elif defined(__linux__) && defined(__aarch64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.regs[30];
#else
    (void)context;
    return 0;
#endif
}

static int is_in_code(uintptr_t address) {
    return address >= damage.code_start && address < damage.code_end;
}

static void handle(int number, siginfo_t *info, void *context) {
    uintptr_t address = (uintptr_t)info->si_addr;
    // Codes of 0 and below are signals that somebody sent, which have no address.
    int is_fault = info->si_code > 0;
    // LMDB moves what follows an entry by lengths that the page states: memmove faults for it.
    if (is_fault && (is_in_code(instruction_of(context)) || is_in_code(caller_of(context))))
        end(NULL);
    for (int place = 0; place < DAMAGE_MAPS_MAX && is_fault; place++)
        if (address >= damage.starts[place] && address < damage.ends[place]) end(NULL);
    // Not ours: the same happens again, and whoever was there before deals with it.
    sigaction(number, number == SIGBUS ? &damage.before_bus : &damage.before_segv, NULL);
    if (!is_fault) raise(number);
}

static void handle_abort(int number) {
    if (atomic_load(&damage.copies) > 0) end(NULL);
    // Not ours: the abort goes on when this returns, with whoever was there before.
    sigaction(number, &damage.before_abort, NULL);
    raise(number);
}

void damage_install(int code, const char *text, uintptr_t code_start, uintptr_t code_end) {
    damage.code = code;
    damage.code_start = code_start;
    damage.code_end = code_end;
    snprintf(damage.text, sizeof damage.text, "%s", text);
    damage.length = strlen(damage.text);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &damage.before_bus);
    sigaction(SIGSEGV, &action, &damage.before_segv);
    memset(&action, 0, sizeof action);
    action.sa_handler = handle_abort;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, &damage.before_abort);
}

void damage_assertion(struct MDB_env *environment, const char *text) {
    (void)environment;
    end(text);
}

void damage_copying(int change) { atomic_fetch_add(&damage.copies, change); }

void damage_watch(int place, uintptr_t start, uintptr_t end) {
    damage.ends[place] = 0;
    damage.starts[place] = start;
    damage.ends[place] = end;
}
