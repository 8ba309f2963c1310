// Programs that end in unusual ways: tracees MODE. The tests of os/linux/tracer.rs build and trace it.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20, N_THREADS = 16 };

static char *touch(size_t n_mib) {
  char *memory = mmap(NULL, n_mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 1, n_mib * MIB);
  return memory;
}

static pthread_t main_thread;

static void *outlive_the_first(void *unused) {
  pthread_join(main_thread, NULL);
  munmap(touch(32), 32 * MIB);
  return unused;
}

static void *leave_at_once(void *unused) { return unused; }

static void *exec_true(void *unused) {
  execl("/bin/true", "true", NULL);
  return unused;
}

static void *exit_all(void *unused) { exit(3); return unused; }

static void *wait_for_ever(void *unused) {
  for (;;) pause();
  return unused;
}

static void begin(int n, void *(*routine)(void *)) {
  pthread_t thread;
  for (int i = 0; i < n; i++) pthread_create(&thread, NULL, routine, NULL);
}

// The parent must see its child stop, go on and exit, as if nobody traced it.
static int job_control(void) {
  int status, ends[2];
  if (pipe(ends)) return 9;
  pid_t child = fork();
  if (child == 0) {
    char byte;
    raise(SIGSTOP);
    _exit(read(ends[0], &byte, 1) == 1 ? 5 : 6);
  }
  if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) return 10;
  kill(child, SIGCONT);
  if (waitpid(child, &status, WCONTINUED) != child || !WIFCONTINUED(status)) return 11;
  if (write(ends[1], "!", 1) != 1) return 13;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 5) return 12;
  return 0;
}

// Children that are killed while they begin, wait or exit, and again while they die.
static int kill_race(void) {
  for (int i = 0; i < 500; i++) {
    pid_t child = fork();
    if (child == 0) {
      if (i % 2) _exit(0);
      wait_for_ever(NULL);
    }
    if (i % 3 == 0) usleep(i % 7 * 30);
    kill(child, SIGKILL);
    if (i % 5 == 0) usleep(50);
    kill(child, SIGKILL);
    if (waitpid(child, NULL, 0) != child) return 14;
  }
  return 0;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  main_thread = pthread_self();
  if (!strcmp(mode, "first-leaves")) {
    begin(1, outlive_the_first);
    pthread_exit(NULL);
  }
  if (!strcmp(mode, "churn")) {
    pthread_t thread;
    for (int i = 0; i < 300; i++) {
      pthread_create(&thread, NULL, leave_at_once, NULL);
      pthread_join(thread, NULL);
    }
    begin(N_THREADS, leave_at_once);
    pthread_exit(NULL);
  }
  if (!strcmp(mode, "exit-all")) {
    begin(N_THREADS, wait_for_ever);
    begin(2, exit_all);
    wait_for_ever(NULL);
  }
  if (!strcmp(mode, "killed")) {
    begin(N_THREADS, wait_for_ever);
    raise(SIGKILL);
  }
  if (!strcmp(mode, "thread-execs")) {
    touch(32);
    begin(N_THREADS, wait_for_ever);
    begin(2, exec_true);
    wait_for_ever(NULL);
  }
  if (!strcmp(mode, "vfork")) {
    touch(32);
    if (vfork() == 0) _exit(0);
    wait(NULL);
  }
  if (!strcmp(mode, "job-control")) return job_control();
  if (!strcmp(mode, "kill-race")) return kill_race();
  return 0;
}
