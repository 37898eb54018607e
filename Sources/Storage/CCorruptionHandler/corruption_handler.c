#include "CCorruptionHandler.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <ucontext.h>
#endif

// Everything that the handlers read. It is defined in this file and not in the header: a `static`
// in a header would give each file that includes it a copy of its own, with an exit code of 0.
static struct {
    int code;
    size_t length;
    char text[512];
    // The watched memory maps. A slot whose `ends` is 0 is empty.
    volatile uintptr_t starts[CORRUPTION_HANDLER_MAP_COUNT_MAX];
    volatile uintptr_t ends[CORRUPTION_HANDLER_MAP_COUNT_MAX];
    // The addresses of liblmdb's code.
    uintptr_t code_start, code_end;
    // The number of copies that are running.
    atomic_int copies;
    // The handlers that were installed before these.
    struct sigaction before_bus, before_segv, before_abort;
} handler;

// Writes the message, and `detail` in brackets unless it is NULL, and ends the process.
static void end(const char *detail) {
    ssize_t written = write(2, handler.text, handler.length);
    if (detail) {
        written += write(2, " (", 2);
        written += write(2, detail, strlen(detail));
        written += write(2, ")", 1);
    }
    written += write(2, "\n", 1);
    (void)written;
    _exit(handler.code);
}

// The address of the instruction that a signal interrupted; 0 if unknown.
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

// The return address of the function that a signal interrupted; 0 if unknown.
//
// It is right only for a leaf function without a stack frame, such as memmove: on x86-64 the
// return address is then on top of the stack, on AArch64 it is in the link register. For any other
// function this is some number; it is only compared with the addresses of LMDB's code.
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

static int is_in_lmdb(uintptr_t address) {
    return address >= handler.code_start && address < handler.code_end;
}

// Handles SIGBUS and SIGSEGV.
static void handle_fault(int number, siginfo_t *info, void *context) {
    uintptr_t address = (uintptr_t)info->si_addr;
    // A code of 0 or less means that a process sent the signal: then there is no faulting address.
    int is_fault = info->si_code > 0;
    // LMDB moves the entries of a page by lengths that the page states, so memmove may fault.
    if (is_fault && (is_in_lmdb(instruction_of(context)) || is_in_lmdb(caller_of(context))))
        end(NULL);
    for (int slot = 0; slot < CORRUPTION_HANDLER_MAP_COUNT_MAX && is_fault; slot++)
        if (address >= handler.starts[slot] && address < handler.ends[slot]) end(NULL);
    // Not LMDB's. Restore the previous handler and return: the instruction runs again, faults
    // again, and the previous handler gets the signal. A signal that was sent must be sent again.
    sigaction(number, number == SIGBUS ? &handler.before_bus : &handler.before_segv, NULL);
    if (!is_fault) raise(number);
}

// Handles SIGABRT.
static void handle_abort(int number) {
    if (atomic_load(&handler.copies) > 0) end(NULL);
    // Not LMDB's. The previous handler gets the signal when this one returns.
    sigaction(number, &handler.before_abort, NULL);
    raise(number);
}

void corruption_handler_install(
    int code, const char *text, uintptr_t code_start, uintptr_t code_end) {
    handler.code = code;
    handler.code_start = code_start;
    handler.code_end = code_end;
    snprintf(handler.text, sizeof handler.text, "%s", text);
    handler.length = strlen(handler.text);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &handler.before_bus);
    sigaction(SIGSEGV, &action, &handler.before_segv);
    memset(&action, 0, sizeof action);
    action.sa_handler = handle_abort;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, &handler.before_abort);
}

void corruption_handler_assertion(struct MDB_env *environment, const char *text) {
    (void)environment;
    end(text);
}

void corruption_handler_copying(int change) { atomic_fetch_add(&handler.copies, change); }

void corruption_handler_watch(int slot, uintptr_t start, uintptr_t end) {
    // The end goes to 0 first, so that a signal in between never sees a new start with an old end.
    handler.ends[slot] = 0;
    handler.starts[slot] = start;
    handler.ends[slot] = end;
}
