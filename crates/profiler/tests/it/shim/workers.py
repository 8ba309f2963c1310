"""Workers of multiprocessing, however they are started, mark what they do as themselves."""
import multiprocessing
import threading


@profile
def work(n):
    with profile.timestamp("in a worker"):
        return n * n


@profile
def start(method):
    context = multiprocessing.get_context(method)
    with context.Pool(1) as pool:
        assert pool.map(work, [2, 3]) == [4, 9]


@profile
def thread(n):
    with profile.timestamp("in a thread"):
        barrier.wait()


if __name__ == "__main__":
    for method in ["fork", "spawn", "forkserver"]:
        start(method)
    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=thread, args=(n,)) for n in range(2)]
    for it in threads:
        it.start()
    for it in threads:
        it.join()

# marks: __main__.start() __main__.start() __main__.start()
# marks: __main__.work( .in_a_worker() ) __main__.work( .in_a_worker() )
# marks: __main__.work( .in_a_worker() ) __main__.work( .in_a_worker() )
# marks: __main__.work( .in_a_worker() ) __main__.work( .in_a_worker() )
# marks: __main__.thread( .in_a_thread() )
# marks: __main__.thread( .in_a_thread() )
