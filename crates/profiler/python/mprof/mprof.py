"""`python -m mprof`: mprof-rs in the manner of mprof 0.61, as the script `mprof` calls it.

Of what scripts import from memory_profiler's module of this name, here is the reader of recordings.
"""
import collections
import os
import sys
import sysconfig


def read_mprofile_file(filename):
    """A recording, by mprof or mprof-rs, as the dict that memory_profiler's function of this name gives."""
    memory, times, calls, children = [], [], {}, collections.defaultdict(list)
    read = {"mem_usage": memory, "timestamp": times, "func_timestamp": calls, "filename": filename,
            "cmd_line": None, "children": children}
    with open(filename, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            tag, _, rest = line.partition(" ")
            words = rest.split()
            try:
                if tag == "MEM":
                    mib, seconds = map(float, words[:2])
                    memory.append(mib)
                    times.append(seconds)
                elif tag == "CHLD":
                    mib, seconds = map(float, words[1:3])
                    children[words[0]].append((mib, seconds))
                elif tag == "FUNC":
                    entry_mib, entry, exit_mib, exit = map(float, words[1:5])
                    level = [int(word) for word in words[5:6]]
                    calls.setdefault(words[0], []).append([entry, exit, entry_mib, exit_mib] + level)
                elif tag == "CMDLINE":
                    read["cmd_line"] = rest
            except ValueError:
                # A line that a killed recorder has torn takes away only itself.
                pass
    return read


def main():
    beside = os.path.join(sysconfig.get_path("scripts"), "mprof-rs")
    program = beside if os.access(beside, os.X_OK) else "mprof-rs"
    os.execvp(program, [program, "--compat"] + sys.argv[1:])


if __name__ == "__main__":
    main()
