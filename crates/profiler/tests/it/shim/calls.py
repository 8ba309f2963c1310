"""Functions, methods, blocks, exceptions and recursion; decorated things look as they did."""
import inspect
import pickle
import sys
import traceback


@profile
def outer(n):
    """What it does."""
    inner()
    return inner(n)


@profile(precision=4, stream=sys.stdout)
def inner(n: int = 1) -> int:
    return n


class Holder:
    def __init__(self):
        self.value = 5

    @profile
    def method(self):
        return self.value

    @profile
    @classmethod
    def above_class(cls):
        return cls

    @classmethod
    @profile
    def below_class(cls):
        return cls

    @profile
    @staticmethod
    def above_static():
        return 3

    @staticmethod
    @profile
    def below_static():
        return 3

    @profile
    @property
    def above_property(self):
        return self.value

    @property
    @profile
    def below_property(self):
        return self.value


@profile
class Marked:
    def __init__(self, value):
        self.value = value


@profile
def fails(value):
    raise ValueError(value)


@profile
def recursive(n):
    return n and recursive(n - 1)


class Callable:
    def __call__(self):
        return 7


def frames(error):
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


assert outer(2) == 2
holder = Holder()
assert (holder.method(), holder.above_class(), holder.below_class()) == (5, Holder, Holder)
assert (holder.above_static(), Holder.below_static()) == (3, 3)
assert (holder.above_property, holder.below_property) == (5, 5)
assert isinstance(Marked(1), Marked) and pickle.loads(pickle.dumps(Marked(4))).value == 4
try:
    fails(1)
except ValueError as error:
    # Before 3.11, an exception that is raised again has the traceback that it was caught with.
    expected = ["<module>", "fails"] if sys.version_info >= (3, 11) else ["<module>", "wrapper", "fails"]
    assert frames(error) == expected, frames(error)
try:
    fails()
except TypeError as error:
    assert frames(error)[0] == "<module>"
assert recursive(2) == 0
block = profile.timestamp("a block")
with block:
    with block:
        pass
with profile.timestamp():
    pass
assert profile(Callable())() == 7
assert (outer.__name__, outer.__qualname__, outer.__doc__) == ("outer", "outer", "What it does.")
assert inner.__module__ == "__main__" and inner.__wrapped__ is not inner
assert str(inspect.signature(inner)) == "(n: int = 1) -> int" and inner.__annotations__ == {"n": int, "return": int}
assert pickle.loads(pickle.dumps(outer)) is outer
try:
    profile(3)
    assert False
except ValueError:
    pass
with profile.timestamp("a\nb " + "é" * 400):
    pass

# marks: __main__.outer( __main__.inner() __main__.inner() ) __main__.method() __main__.above_class()
# marks+ __main__.below_class() __main__.above_static() __main__.below_static() __main__.above_property()
# marks+ __main__.below_property() __main__.Marked() __main__.Marked() __main__.fails() __main__.fails()
# marks+ __main__.recursive( __main__.recursive( __main__.recursive() ) ) .a_block( .a_block() ) .<block>()
# marks+ __main__.Callable() .a_b_()
