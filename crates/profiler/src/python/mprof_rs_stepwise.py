"""Generators, coroutines and async generators as phases: from their first step to their end, with the time in which
they wait for others. Between two steps anything may run, so each has a task of its own, unless its library says
which task it runs in. What they are given and what they give is handed on unchanged.
"""
import sys

ours = part("mprof_rs_profile")
enter, leave, without_us = ours["enter"], ours["leave"], ours["without_us"]
current_task, thread_id = ours["current_task"], ours["thread_id"]
# What the interpreter keeps in `co_flags`, as the module inspect names it.
CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR = 0x80, 0x100, 0x200


def steps_of(func, name, flags):
    if flags & CO_ASYNC_GENERATOR:
        return async_generator(func, name)
    if flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE):
        return coroutine(func, name)
    return generator(func, name)


def task_of_its_own(thing):
    return b"%d.%x" % (thread_id(), id(thing))


def generator(func, name):
    def wrapper(*args, **kwargs):
        steps = func(*args, **kwargs)
        mark = enter(name, task_of_its_own(steps))
        try:
            return (yield from steps)
        except BaseException as error:
            without_us(error)
            raise
        finally:
            leave(mark)

    return wrapper


def coroutine(func, name):
    async def wrapper(*args, **kwargs):
        steps = func(*args, **kwargs)
        task = current_task()
        mark = enter(name, task if b"." in task else task_of_its_own(steps))
        try:
            return await steps
        except BaseException as error:
            without_us(error)
            raise
        finally:
            leave(mark)

    return wrapper


def first_step(steps):
    """Of an async generator. The loop closes those that it is told of at the end, all at a time: ours is closed by its
    wrapper, and the loop is not told of it."""
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return steps.__anext__()
    finally:
        sys.set_asyncgen_hooks(*hooks)


def async_generator(func, name):
    async def wrapper(*args, **kwargs):
        steps = func(*args, **kwargs)
        mark = enter(name, task_of_its_own(steps))
        try:
            step = first_step(steps)
            while True:
                try:
                    value = await step
                except StopAsyncIteration:
                    return
                # There is no `yield from` for async generators.
                try:
                    step = steps.asend((yield value))
                except GeneratorExit:
                    await steps.aclose()
                    raise
                except BaseException as error:
                    step = steps.athrow(error)
        except BaseException as error:
            without_us(error)
            raise
        finally:
            leave(mark)

    return wrapper
