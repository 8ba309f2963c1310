"""A memory_profiler whose `profile` is ours, for scripts that import it from there.

Where the real one is installed, it is loaded when anything else is asked of it, so that a script that wants nothing
but `profile` pays nothing for it. Where it is not, anything else is an ImportError, as it would be without us.
"""
import _thread
import sys

profile = part("mprof_rs_profile")["profile"]
NAME = "memory_profiler"


class StandIn(object):
    """The loader."""

    def __init__(self, real):
        self.real = real

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        lock = _thread.RLock()

        def get(name):
            """What the module lacks. The import system asks for names of its own, which need no real one."""
            is_of_the_real = self.real is not None and name in ("__all__", "__version__")
            if name.startswith("__") and not is_of_the_real:
                raise AttributeError("module '%s' has no attribute '%s'" % (NAME, name))
            if self.real is None:
                message = "No module named '%s'; mprof-rs stands in for its `profile`, not for `%s`" % (NAME, name)
                raise ModuleNotFoundError(message, name=NAME)
            with lock:
                if "__getattr__" in module.__dict__:
                    self.fill(module)
            return getattr(module, name)

        module.profile = profile
        module.__getattr__ = get

    def fill(self, module):
        get = module.__dict__.pop("__getattr__")
        try:
            self.real.loader.exec_module(module)
        except BaseException:
            module.__getattr__ = get
            raise
        finally:
            module.profile = profile

    def __getattr__(self, name):
        """What else a loader can do, as to give the source, the real one does."""
        return getattr(self.real and self.real.loader, name)


def spec(our_finder):
    """How to import it: what the other finders say, with a loader of our own."""
    finders = [finder for finder in sys.meta_path if finder is not our_finder and hasattr(finder, "find_spec")]
    found = (finder.find_spec(NAME, None) for finder in finders)
    real = next((spec for spec in found if spec is not None), None)
    ours = type(sys.__spec__)(NAME, StandIn(real), origin=real and real.origin)
    if real is not None and real.has_location:
        ours.has_location = True
        ours.cached = real.cached
    return ours
