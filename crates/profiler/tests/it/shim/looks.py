"""A script that looks whether there is a `profile`, in the ways that scripts have, before it makes one that does nothing."""
import builtins
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

# marks: __main__.looked( .inside() ) __main__.looked( __main__.looked( .inside() ) )
