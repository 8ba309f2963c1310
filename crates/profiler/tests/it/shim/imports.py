"""`profile` from memory_profiler, which is not installed here, and an interpreter that looks as it does without us."""
import importlib
import os
import sys

from memory_profiler import profile as imported
import memory_profiler


@imported
def plain():
    pass


@imported(precision=4)
def precise():
    pass


@memory_profiler.profile
def qualified():
    pass


plain()
precise()
qualified()
try:
    from memory_profiler import memory_usage
    assert False
except ImportError as error:
    assert error.name == "memory_profiler", error
try:
    from memory_profiler import *
    importlib.reload(memory_profiler)
    assert memory_profiler.profile is imported
finally:
    pass
ours = os.environ["PYTHONPATH"].split(os.pathsep)[0]
assert os.path.isfile(os.path.join(ours, "sitecustomize.py"))
assert not [path for path in sys.path if path == ours], sys.path
assert not [name for name in sys.modules if "mprof" in name]
theirs = sys.modules.get("sitecustomize")
assert theirs is None or os.path.dirname(theirs.__file__) != ours, theirs
assert __name__ == "__main__" and sys.modules["__main__"].__file__ == __file__ == sys.argv[0]
assert sys.path[0] == os.path.dirname(os.path.abspath(__file__)), sys.path

# marks: __main__.plain() __main__.precise() __main__.qualified()
