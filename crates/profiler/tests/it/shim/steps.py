"""Generators, coroutines and async generators, from their first step to their end, however they interleave."""
import asyncio
import inspect
import logging

# In development mode asyncio complains of steps that take long, as they may on a busy machine.
logging.getLogger("asyncio").setLevel(logging.ERROR)


@profile
def generator(n):
    got = []
    for i in range(n):
        try:
            got.append((yield i))
        except KeyError:
            got.append("thrown")
    return got


@profile
async def coroutine(n):
    await asyncio.sleep(0.01 * n)
    with profile.timestamp("block"):
        await asyncio.sleep(0.02)
    await awaited()
    return n


@profile
async def awaited():
    return plain()


@profile
def plain():
    pass


@profile
async def async_generator(n):
    got = []
    try:
        for i in range(n):
            try:
                got.append((yield i))
            except KeyError:
                got.append("thrown")
    finally:
        await asyncio.sleep(0)
        ended.append(got)


@profile
async def fails():
    raise ValueError


@profile
async def alone():
    return 5


ended = []


def stepped():
    steps = generator(3)
    assert next(steps) == 0 and steps.send("sent") == 1 and steps.throw(KeyError()) == 2
    try:
        steps.send("last")
    except StopIteration as stop:
        assert stop.value == ["sent", "thrown", "last"], stop.value
    assert list(zip(generator(2), generator(3))) == [(0, 0), (1, 1)]
    closed = generator(2)
    next(closed)
    closed.close()
    generator(1)  # Never begun.


async def together():
    assert await asyncio.gather(coroutine(1), coroutine(2), coroutine(0)) == [1, 2, 0]
    assert [i async for i in async_generator(2)] == [0, 1]
    steps = async_generator(3)
    assert await steps.__anext__() == 0 and await steps.asend("sent") == 1 and await steps.athrow(KeyError()) == 2
    await steps.aclose()
    left = async_generator(2)
    async for _ in left:
        break
    slow = asyncio.ensure_future(coroutine(1000))
    await asyncio.sleep(0.01)
    slow.cancel()
    try:
        await slow
        assert False
    except asyncio.CancelledError:
        pass
    try:
        await fails()
        assert False
    except ValueError:
        pass
    await asyncio.get_event_loop().run_in_executor(None, plain)


assert inspect.isgeneratorfunction(generator) and inspect.isasyncgenfunction(async_generator)
assert inspect.iscoroutinefunction(coroutine) and asyncio.iscoroutinefunction(coroutine)
stepped()
asyncio.run(together())
# What asyncio does with the one that was left depends on the release.
assert ended[:2] == [[None, None], ["sent", "thrown"]], ended
try:
    alone().send(None)
    assert False
except StopIteration as stop:
    assert stop.value == 5

# marks: __main__.generator()
# marks: __main__.generator()
# marks: __main__.generator()
# marks: __main__.generator()
# marks: __main__.coroutine( .block() __main__.awaited( __main__.plain() ) )
# marks: __main__.coroutine( .block() __main__.awaited( __main__.plain() ) )
# marks: __main__.coroutine( .block() __main__.awaited( __main__.plain() ) )
# marks: __main__.coroutine()
# marks: __main__.async_generator()
# marks: __main__.async_generator()
# marks: __main__.async_generator()
# marks: __main__.fails()
# marks: __main__.plain()
# marks: __main__.alone()
