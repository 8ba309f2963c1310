"""A fork in the middle of a phase, exec, and an end without goodbye."""
import os
import sys


@profile
def of_the_child():
    pass


@profile
def divided():
    child = os.fork()
    if child == 0:
        of_the_child()
    return child


@profile
def replaced():
    os.execv(sys.executable, [sys.executable, "-c", "@profile\ndef after(): pass\nafter()"])


@profile
def ended():
    os._exit(3)


if divided() == 0:
    os._exit(0)
os.wait()
child = os.fork()
if child == 0:
    replaced()
assert os.waitpid(child, 0)[1] == 0
ended()

# exit: 3
# marks: __main__.of_the_child()
# marks: __main__.divided() __main__.ended(
# marks: __main__.replaced( __main__.after()
