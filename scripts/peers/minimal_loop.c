// The least that a sampler must do: spawn a program, wake at absolute times, read its memory, see its end.
//
//     minimal_loop status|statm|calls INTERVAL_NS PROGRAM [ARGS]
//
// It keeps nothing and writes nothing but its count of samples, on stderr. It is what mprof-rs is measured against.
// `calls` reads status, and makes the other system calls that mprof-rs makes at such a pace, with nothing in between:
// it waits for the exit and for signals too, looks into a FIFO, and writes a line. No recorder that makes them is cheaper.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

// What `calls` does beside reading.
static const long FIFO_EVERY_NS = 50000000, WRITE_EVERY_NS = 80000000;
static int pidfd, signals[2], fifo, file;
static char chunk[1 << 16];
static const char LINE[] = "SAME 1800000000.123456789 12345\n";

static void open_all(pid_t pid) {
    char path[] = "/tmp/minimal-loop-XXXXXX", name[64];
    if (!mkdtemp(path)) exit(1);
    snprintf(name, sizeof name, "%s/fifo", path);
    mkfifo(name, 0600);
    fifo = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    unlink(name);
    snprintf(name, sizeof name, "%s/file", path);
    file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    unlink(name);
    rmdir(path);
    pidfd = syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0 || fifo < 0 || write(file, LINE, sizeof LINE) < 0) exit(1);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, signals)) exit(1);
}

static void poll_until(long due_ns) {
    long left_ns = due_ns - now_ns();
    struct timespec left = {left_ns > 0 ? left_ns / SECOND_NS : 0, left_ns > 0 ? left_ns % SECOND_NS : 0};
    struct pollfd fds[] = {{pidfd, POLLIN, 0}, {signals[0], POLLIN, 0}, {-1, POLLIN, 0}};
    ppoll(fds, 3, &left, NULL);
}

static void look_and_write(long at_ns, long before_ns) {
    if (at_ns / FIFO_EVERY_NS != before_ns / FIFO_EVERY_NS && read(fifo, chunk, sizeof chunk) > 0) exit(1);
    if (at_ns / WRITE_EVERY_NS == before_ns / WRITE_EVERY_NS) return;
    lseek(file, -(off_t)sizeof LINE, SEEK_CUR);
    if (write(file, LINE, sizeof LINE) < 0) exit(1);
}

int main(int argc, char **argv) {
    if (argc < 4) return fputs("usage: minimal_loop status|statm|calls INTERVAL_NS PROGRAM [ARGS]\n", stderr), 2;
    long interval_ns = atol(argv[2]);
    int has_calls = strcmp(argv[1], "calls") == 0;
    pid_t pid = vfork();
    if (pid == 0) {
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, has_calls ? "status" : argv[1]);
    if (has_calls) open_all(pid);
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
        long before_ns = due_ns;
        due_ns += ((now_ns() - due_ns) / interval_ns + 1) * interval_ns;
        if (has_calls) {
            look_and_write(due_ns, before_ns);
            poll_until(due_ns);
            continue;
        }
        struct timespec due = {due_ns / SECOND_NS, due_ns % SECOND_NS};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    int status;
    waitpid(pid, &status, 0);
    fprintf(stderr, "%ld\n", n_samples);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
