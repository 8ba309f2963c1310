"""`python -m mprof`: mprof-rs in the manner of mprof 0.61, as the script `mprof` calls it."""
import os
import sys
import sysconfig


def main():
    beside = os.path.join(sysconfig.get_path("scripts"), "mprof-rs")
    program = beside if os.access(beside, os.X_OK) else "mprof-rs"
    os.execvp(program, [program, "--compat"] + sys.argv[1:])


if __name__ == "__main__":
    main()
