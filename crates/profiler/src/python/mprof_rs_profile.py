"""`profile` under mprof-rs: tells the recorder when a function or a block is entered and left.

A mark is one line, written to the FIFO that MPROF_RS_PHASES names (docs/phases.md). It is opened for each mark, so
that no descriptor is seen, inherited or closed by the program. Nothing is ever waited for: a mark that cannot be told
at once is lost, and the next one that can be says how many were.

Nothing is imported that the interpreter has not built in, and what is needed of it is kept at the start, so that a
program that replaces `os.open` or the clock replaces it for itself. What few programs need is in files of its own,
because Python takes most for reading a file. Runs on Python 3.6 and later.
"""
import _thread
import sys
import time
from posix import O_CLOEXEC, O_NONBLOCK, O_RDWR, close, environ, getpid
from posix import open as open_file
from posix import write

CHANNEL = environ.get(b"MPROF_RS_PHASES")
# The kinds of function that need a wrapper of their kind: generators, coroutines of both kinds, async generators.
STEPWISE = 0x20 | 0x80 | 0x100 | 0x200
# A line has at most 512 bytes; the other words take less than 112.
MAX_NAME_BYTES = 400
clock_ns = getattr(time, "monotonic_ns", None) or (lambda: int(time.monotonic() * 1e9))
thread_id = getattr(_thread, "get_native_id", _thread.get_ident)
# Where several tasks share a thread.
TASKS = (("asyncio", "current_task"), ("trio.lowlevel", "current_task"), ("greenlet", "getcurrent"))

# How many marks of a process nobody has heard of.
lost = {}


def enter(name, task=None):
    """Tells that a phase is entered. Gives what `leave` needs to know."""
    mark = (getpid(), task or current_task(), name)
    tell(b"enter", mark)
    return mark


def leave(mark):
    """Tells that a phase is left, unless it was our parent that entered it, before it forked."""
    if mark[0] == getpid():
        tell(b"leave", mark)


def tell(verb, mark):
    line = b"%s %d %d %s %s\n" % ((verb, clock_ns()) + mark)
    try:
        # A FIFO that is open for reading as well has a reader: no signal tells that the recorder is gone.
        fd = open_file(CHANNEL, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    except OSError:
        return
    try:
        if mark[0] in lost:
            write(fd, b"lost - %d %s %d\n" % (mark[0], mark[1], lost[mark[0]]))
            del lost[mark[0]]
        write(fd, line)
    except OSError:
        lost[mark[0]] = lost.get(mark[0], 0) + 1
    finally:
        close(fd)


def current_task():
    """The thread, or the task in it: phases of one task nest, those of different ones need not."""
    thread = thread_id()
    for library, getter in TASKS:
        if library in sys.modules:
            try:
                task = getattr(sys.modules[library], getter)()
            except (AttributeError, RuntimeError):  # It is not through with its import, or runs no task.
                continue
            # The greenlet without a parent is the thread itself.
            if task is not None and getattr(task, "parent", task) is not None:
                return b"%d.%x" % (thread, id(task))
    return b"%d" % thread


def name_bytes(name):
    """A name that fits a line."""
    name = " ".join(name.splitlines()).encode("utf-8", "replace")
    return name[:MAX_NAME_BYTES].decode("utf-8", "ignore").encode("utf-8")


def name_of(func):
    """`module.function`, as mprof names it. A worker of multiprocessing knows `__main__` under another name."""
    module = getattr(func, "__module__", None) or ""
    module = "__main__" if module == "__mp_main__" else module
    return name_bytes("%s.%s" % (module, getattr(func, "__name__", None) or type(func).__name__))


def without_us(error):
    """Takes our own call out of a traceback."""
    traceback = error.__traceback__
    if traceback is not None:
        error.__traceback__ = traceback.tb_next


def call_of(func, name):
    def wrapper(*args, **kwargs):
        mark = enter(name)
        try:
            return func(*args, **kwargs)
        except BaseException as error:
            without_us(error)
            raise
        finally:
            leave(mark)

    return wrapper


def code_of(func):
    """The code behind bound arguments and callable objects, if it is Python's."""
    while not hasattr(func, "__code__") and hasattr(func, "func"):
        func = func.func
    if not hasattr(func, "__code__"):
        func = getattr(type(func), "__call__", None)
    return getattr(func, "__code__", None)


def marked(func, name):
    """The function with marks at its entry and its end; in every other respect it looks as it did."""
    flags = getattr(code_of(func), "co_flags", 0)
    kinds = part("mprof_rs_stepwise") if flags & STEPWISE else None
    wrapper = kinds["steps_of"](func, name, flags) if kinds else call_of(func, name)
    annotations = "__annotate__" if hasattr(func, "__annotate__") else "__annotations__"
    looks = ("__module__", "__name__", "__qualname__", "__doc__", "__type_params__", annotations)
    # A cache of functools keeps its methods with its type, where no `__dict__` shows them.
    for attribute in looks + ("cache_info", "cache_clear", "cache_parameters"):
        try:
            setattr(wrapper, attribute, getattr(func, attribute))
        except AttributeError:
            pass
    wrapper.__dict__.update(getattr(func, "__dict__", {}))
    wrapper.__wrapped__ = func
    return wrapper


class Profile(object):
    """What a script knows as `profile`."""

    def __call__(self, func=None, **_):
        """Marks the calls of a function. The options of memory_profiler are accepted, and mean nothing here."""
        if func is None:
            return self
        if CHANNEL is None:
            return func
        if not callable(func) or isinstance(func, (type, classmethod, staticmethod)):
            holders = part("mprof_rs_holders")
            return holders["with_marks"](func) if holders else func
        return marked(func, name_of(func))

    def timestamp(self, name="<block>"):
        """Marks a block: `with profile.timestamp("load"):`."""
        return Block(name_bytes(".%s" % name))


class Block(object):
    """A block of code as a phase. It may be entered again, and inside itself."""

    __slots__ = ("name", "marks")

    def __init__(self, name):
        self.name = name
        self.marks = []

    def __enter__(self):
        if CHANNEL is not None:
            self.marks.append(enter(self.name))

    def __exit__(self, *_):
        if self.marks:
            leave(self.marks.pop())


profile = Profile()
