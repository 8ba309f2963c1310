"""Makes `profile` known to a Python that mprof-rs runs, and leaves everything else as it is without us.

Python imports `sitecustomize` when it starts, and finds this one first, through PYTHONPATH. It takes its folder off
the path again, puts a `profile` into the builtins that is loaded when it is first used, and gives way to the
`sitecustomize` that would have been imported without it. What cannot hold `profile`, as Python 2, only gives way.
"""
import sys


def _install(folder):
    import builtins

    parts = {}

    def part(name):
        """A file of ours, read when it is first needed; None when the run is over and its folder gone."""
        if name not in parts:
            path = folder + "/" + name + ".py"
            scope = {"__name__": name, "__file__": path, "part": part}
            try:
                exec(sys.modules["_frozen_importlib_external"].SourceFileLoader(name, path).get_code(name), scope)
            except (ImportError, OSError):
                return None
            parts.setdefault(name, scope)
        return parts[name]

    def load():
        loaded = part("mprof_rs_profile")
        if loaded and getattr(builtins, "profile", None) is lazy:
            builtins.profile = loaded["profile"]
        return loaded and loaded["profile"]

    class Lazy(object):
        """Becomes `profile` when it is used. If it no longer can, it marks nothing."""

        def __reduce__(self):
            return eval, ("profile",)

        def __call__(self, func=None, **options):
            profile = load()
            if profile:
                return profile(func, **options)
            return self if func is None else func

        def timestamp(self, name="<block>"):
            profile = load()
            return profile.timestamp(name) if profile else self

        def __enter__(self):
            pass

        def __exit__(self, *_):
            pass

    class Finder(object):
        """Gives our `profile` to those who import it from memory_profiler, unless that runs them itself."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            runs = getattr(getattr(sys.modules.get("__main__"), "__spec__", None), "name", None)
            stand_in = part("mprof_rs_stand_in") if name == "memory_profiler" != runs else None
            return stand_in and stand_in["spec"](Finder)

    lazy = Lazy()
    builtins.profile = lazy
    if _looks_up_profile(getattr(sys, "argv", [""])[0]):
        sys.modules["__main__"].profile = lazy
    sys.meta_path.insert(0, Finder)


def _looks_up_profile(path):
    """Whether a script asks for it by name, as in `if "profile" not in globals()`, where no builtin is found."""
    import os

    try:
        if os.stat(path).st_mode & 0o170000 != 0o100000:
            return False  # What is not a plain file can be read only once.
        with open(path, "rb") as script:
            text = script.read(1 << 20)
    except (OSError, ValueError):
        return False
    return b"'profile'" in text or b'"profile"' in text


def _give_way():
    """Raises ImportError when there is no other `sitecustomize`: it then looks as if there had been none at all."""
    folder = __file__.rpartition("/")[0]
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    sys.path_importer_cache.pop(folder, None)
    ours = sys.modules.pop("sitecustomize")  # Python 2 would clear what we still use.
    if sys.version_info >= (3, 6):
        _install(folder)
    import sitecustomize

    return ours, sitecustomize


_give_way()
