"""A script that looks whether there is a `profile`, in the ways that scripts have, before it makes one that does nothing."""
import builtins
import functools
import pickle

if "line_profiler" not in dir() and "profile" not in dir():

    def profile(func):
        return func


if "profile" not in globals() or "profile" not in locals() or "profile" not in vars():
    profile = None
if not hasattr(builtins, "profile") or "profile" not in builtins.__dict__:
    profile = None
try:
    profile
except NameError:
    profile = None


@profile
def looked():
    with profile.timestamp("inside"):
        pass


looked()
# What a worker is sent of the script's names may have it among them.
again = pickle.loads(pickle.dumps(profile))
again(looked)()


@profile
@functools.lru_cache(maxsize=None)
def cached(n):
    return n


# A cache can be asked and emptied, as without us.
assert (cached(1), cached(1), cached.cache_info().hits) == (1, 1, 1)
cached.cache_clear()
assert cached.cache_info().currsize == 0

# marks: __main__.looked( .inside() ) __main__.looked( __main__.looked( .inside() ) ) __main__.cached() __main__.cached()
