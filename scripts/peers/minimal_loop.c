// The least that a sampler must do: spawn a program, wake at absolute times, read its memory, see its end.
//
//     minimal_loop status|statm INTERVAL_NS PROGRAM [ARGS]
//
// It keeps nothing and writes nothing but its count of samples, on stderr. It is what mprof-rs is measured against.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const long SECOND_NS = 1000000000;

// The end shows in the text: a process without memory has no VmRSS, and zeros in statm.
static int lives(const char *text, int is_statm) {
    if (is_statm) return strncmp(text, "0 0", 3) != 0;
    const char *hwm = strstr(text, "VmHWM:");
    const char *rss = hwm ? strstr(hwm, "VmRSS:") : NULL;
    return rss && strtol(hwm + 6, NULL, 10) >= 0 && strtol(rss + 6, NULL, 10) > 0;
}

static long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc < 4) return fputs("usage: minimal_loop status|statm INTERVAL_NS PROGRAM [ARGS]\n", stderr), 2;
    long interval_ns = atol(argv[2]);
    pid_t pid = vfork();
    if (pid == 0) {
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, argv[1]);
    int fd = open(path, O_RDONLY | O_CLOEXEC), is_statm = strcmp(argv[1], "statm") == 0;
    prctl(PR_SET_TIMERSLACK, 1UL);
    long n_samples = 0, due_ns = now_ns();
    for (;;) {
        ssize_t n = pread(fd, text, sizeof text - 1, 0);
        if (n <= 0) break;
        text[n] = 0;
        if (!lives(text, is_statm)) break;
        n_samples++;
        // A tick that passed is not made up for.
        due_ns += ((now_ns() - due_ns) / interval_ns + 1) * interval_ns;
        struct timespec due = {due_ns / SECOND_NS, due_ns % SECOND_NS};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    int status;
    waitpid(pid, &status, 0);
    fprintf(stderr, "%ld\n", n_samples);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
