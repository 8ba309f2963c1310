"""What `profile` may stand above without its being a function: classes, and what holds a method."""
ours = part("mprof_rs_profile")
profile, marked, name_of = ours["profile"], ours["marked"], ours["name_of"]


def with_marks(holder):
    """It, with the function in it marked. A class stays one, and is marked where it makes an instance."""
    if isinstance(holder, type):
        if "__init__" in holder.__dict__:
            holder.__init__ = marked(holder.__init__, name_of(holder))
        return holder
    if isinstance(holder, (classmethod, staticmethod)):
        return type(holder)(profile(holder.__func__))
    if isinstance(holder, property):
        return type(holder)(holder.fget and profile(holder.fget), holder.fset, holder.fdel, holder.__doc__)
    if callable(getattr(holder, "func", None)):  # As functools.cached_property has it.
        holder.func = profile(holder.func)
        return holder
    raise ValueError("profile: %r cannot be called" % (holder,))
