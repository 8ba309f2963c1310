//! run, with Python programs.

use super::{Case, case};
use crate::conformance::stage::Folder::Bare;

pub(super) const CASES: &[Case] = &[
    case(
        "run-script",
        Bare,
        "echo 'import time; time.sleep(0.3)' >x.py; mprof run -o out.dat x.py >/dev/null",
    ),
    case(
        "run-script-import",
        Bare,
        "printf 'from memory_profiler import profile\nimport time\n@profile\ndef f(): time.sleep(0.3)\nf()\n' >x.py; \
         mprof run -o out.dat x.py | grep Occurrences | wc -l",
    ),
    case("run-script-gone", Bare, "mprof run -o out.dat no.py >/dev/null"),
    case(
        "run-script-calls",
        Bare,
        "printf 'import time\n@profile\ndef f(): time.sleep(.3)\n@profile(precision=4)\ndef g(): f()\nf();g()\nwith \
         profile.timestamp(\"b\"):\n time.sleep(.2)\n' >x.py; mprof run -o out.dat x.py >/dev/null; \
         awk '/FUNC/ {print $2, $7}' out.dat; rm out.dat",
    ),
    case(
        "run-script-methods",
        Bare,
        "printf 'import time\nclass A:\n @profile\n def f(self): time.sleep(.2)\n @staticmethod\n @profile\n def g(): \
         pass\n @classmethod\n @profile\n def h(cls): pass\nA().f();A.g();A.h()\n' >x.py; mprof run -o out.dat x.py \
         >/dev/null; awk '/FUNC/ {print $2, $7}' out.dat; rm out.dat",
    ),
    case(
        "run-script-stdin",
        Bare,
        "echo 'import sys; print(sys.stdin.read())' >x.py; echo hello | mprof run -o out.dat x.py | grep hello; rm out.dat",
    ),
    case(
        "run-script-error",
        Bare,
        "printf 'import time\ntime.sleep(.2)\n1/0\n' >x.py; mprof run -E -o out.dat x.py >/dev/null; s=$?; rm out.dat; exit $s",
    ),
    case(
        "run-module",
        Bare,
        "mkdir p; touch p/__init__.py; echo 'import sys; print(sys.argv[1:], __name__)' >p/m.py; \
         mprof run --python -o out.dat p.m a -b | grep main; rm out.dat",
    ),
    case(
        "run-script-status",
        Bare,
        "echo 'import sys; sys.exit(5)' >x.py; mprof run -E -o out.dat x.py >/dev/null; s=$?; rm out.dat; exit $s",
    ),
    case(
        "run-script-arguments",
        Bare,
        "echo 'import sys; print(sys.argv)' >x.py; mprof run -o out.dat x.py a -3 -o b | grep x.py; rm out.dat",
    ),
    case(
        "run-nopython",
        Bare,
        "printf '#!/bin/sh\nsleep 0.2\n' >x.py; chmod +x x.py; mprof run --nopython -o out.dat ./x.py >/dev/null",
    ),
    case("run-python", Bare, "echo 'print(7)' >x; mprof run --python -o out.dat x | grep ^7; rm -f out.dat"),
    case(
        "run-all-flags",
        Bare,
        "mprof run -T 0.01 -C -M --python --include-children -o out.dat sh -c 'sleep 0.3 & wait' >/dev/null",
    ),
    case(
        "run-all-flags-script",
        Bare,
        "echo 'import time; time.sleep(0.4)' >x.py; mprof run -T 0.01 -C -E -o out.dat x.py | wc -l",
    ),
    case(
        "run-script-multiprocess",
        Bare,
        "printf 'import time,multiprocessing as m\\nif __name__==\"__main__\":\\n p=m.Process(target=time.sleep,args=(.6,));p.start();p.join()\\n' >x.py; mprof run -M -o out.dat x.py >/dev/null",
    ),
    case(
        "run-script-multiprocess-profile",
        Bare,
        "printf 'import time\\n@profile\\ndef f(): time.sleep(.3)\\nf()\\n' >x.py; mprof run -M -E -o out.dat x.py >/dev/null; s=$?; rm -f out.dat; exit $s",
    ),
    case(
        "run-script-flags-like-ours",
        Bare,
        "echo 'import sys; print(sys.argv[1:])' >x.py; mprof run -o out.dat x.py --interval 3 -T 5 -C -M --output=z --python --version -h --exit-code --backend q | tail -1; rm out.dat",
    ),
    case(
        "run-script-two-dashes",
        Bare,
        "echo 'import sys; print(sys.argv[1:])' >x.py; mprof run -o out.dat x.py -- a -- | tail -1; rm out.dat",
    ),
    case(
        "run-status-script-exception",
        Bare,
        "printf 'import time\\n@profile\\ndef f(): time.sleep(.2); raise SystemExit(9)\\nf()\\n' >x.py; mprof run -E -o out.dat x.py >/dev/null",
    ),
    case("run-python-module-missing", Bare, "mprof run --python -E -o out.dat no_such_module >/dev/null"),
    case(
        "run-python-both",
        Bare,
        "echo 'print(7)' >x.py; mprof run --python --nopython -o out.dat x.py | grep ^7; rm -f out.dat",
    ),
    case(
        "run-python-interpreter-named",
        Bare,
        "echo 'print(7)' >x.py; mprof run --python -o out.dat python3 x.py | grep ^7; rm -f out.dat",
    ),
    case(
        "run-python-interpreter-script-profile",
        Bare,
        "printf 'import time\\n@profile\\ndef f(): time.sleep(.3)\\nf()\\n' >x.py; mprof run --python -o out.dat python3 x.py >/dev/null",
    ),
    case(
        "run-python-command",
        Bare,
        "mprof run -o out.dat python3 -c 'import time,sys; time.sleep(.2); print(sys.argv)' a -b | tail -1",
    ),
    case(
        "run-script-module-beside",
        Bare,
        "mkdir d; echo 'v=3' >d/helper.py; echo 'import helper; print(helper.v)' >d/x.py; mprof run -o out.dat d/x.py | tail -1; rm -f out.dat",
    ),
    case(
        "run-script-guard",
        Bare,
        "printf 'import time\\ntry:\\n profile\\nexcept NameError:\\n profile=lambda f: f\\n@profile\\ndef f(): time.sleep(.3)\\nf()\\n' >x.py; mprof run -o out.dat x.py >/dev/null",
    ),
    case(
        "run-script-guard-globals",
        Bare,
        "printf 'import time\\nif \"profile\" not in globals(): profile=lambda f: f\\n@profile\\ndef f(): time.sleep(.3)\\nf()\\n' >x.py; mprof run -o out.dat x.py >/dev/null",
    ),
    case(
        "run-script-encoding",
        Bare,
        "printf '# -*- coding: latin-1 -*-\\nprint(ascii(\"\\351\"))\\n' >x.py; mprof run -o out.dat x.py | tail -1; rm out.dat",
    ),
    case(
        "run-script-recursion",
        Bare,
        "printf 'import time\\n@profile\\ndef f(n):\\n time.sleep(.1)\\n if n: f(n-1)\\nf(3)\\n' >x.py; mprof run -o out.dat x.py >/dev/null; awk '/FUNC/{print $2,$7}' out.dat | sort",
    ),
    case(
        "run-script-other-module",
        Bare,
        "printf 'import time\\n@profile\\ndef g(): time.sleep(.3)\\n' >h.py; printf 'import h\\nh.g()\\n' >x.py; mprof run -o out.dat x.py >/dev/null; awk '/FUNC/{print $2,$7}' out.dat; rm -rf __pycache__",
    ),
    case(
        "run-script-package-beside",
        Bare,
        "mkdir d; echo 'import sys; print(__package__, __spec__, __name__)' >x.py; mprof run -o out.dat x.py | tail -1; rm -f out.dat",
    ),
];
