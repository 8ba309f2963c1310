//! run, with scripts of many kinds: how they end, what they mark, what they start, and how Python is called.

use super::{Case, case};
use crate::conformance::stage::Folder::Bare;

pub(super) const CASES: &[Case] = &[
    case(
        "script-of-interpreter",
        Bare,
        "printf 'import time\\n@profile\\ndef f(): time.sleep(.3)\\nf()\\n' >x.py; mprof run -E -o out.dat python3 x.py >/dev/null",
    ),
    case(
        "script-without-path-nopython",
        Bare,
        "printf 'import time\\ntime.sleep(.3)\\n' >x.py; mprof run --nopython -o out.dat x.py >/dev/null",
    ),
    case(
        "script-changes-folder",
        Bare,
        "mkdir d; printf 'import os,time\\n@profile\\ndef f(): time.sleep(.3)\\nos.chdir(\"d\")\\nf()\\n' >x.py; mprof run -o out.dat x.py >/dev/null; ls d; rm out.dat",
    ),
    case(
        "script-by-path",
        Bare,
        "printf 'import sys\\nprint(sys.argv, __name__, __file__[0])\\n' >x.py; mprof run -o out.dat ./x.py a | tail -1; rm out.dat",
    ),
    case(
        "script-by-link",
        Bare,
        "mkdir d; echo 'import h; print(h.v)' >d/x.py; echo v=3 >d/h.py; ln -s d/x.py y.py; mprof run -o out.dat y.py | tail -1; rm -rf out.dat d/__pycache__",
    ),
    case(
        "script-is-main",
        Bare,
        "printf 'import __main__\\nv=5\\nprint(__main__.v)\\n' >x.py; mprof run -o out.dat x.py | tail -1; rm out.dat",
    ),
    case(
        "script-with-byte-order-mark",
        Bare,
        "printf '\\357\\273\\277print(\"ok\")\\n' >x.py; mprof run -o out.dat x.py | tail -1; rm out.dat",
    ),
    case(
        "script-of-windows",
        Bare,
        "printf 'import time\\r\\ntime.sleep(.2)\\r\\nprint(\"ok\")\\r\\n' >x.py; mprof run -o out.dat x.py | tail -1; rm out.dat",
    ),
    case(
        "script-of-the-future",
        Bare,
        "printf 'from __future__ import annotations\\ndef f(x: nosuch): pass\\nprint(f.__annotations__)\\n' >x.py; mprof run -o out.dat x.py | tail -1; rm out.dat",
    ),
    case(
        "script-syntax-error",
        Bare,
        "printf 'def f(:\\n' >x.py; mprof run -E -o out.dat x.py >/dev/null 2>&1; s=$?; rm out.dat; exit $s",
    ),
    case(
        "script-exits-with-text",
        Bare,
        "printf 'import sys\\nsys.exit(\"bad\")\\n' >x.py; mprof run -E -o out.dat x.py 2>&1 >/dev/null | grep bad; rm out.dat",
    ),
    case(
        "script-at-exit",
        Bare,
        "printf 'import atexit\\natexit.register(print,\"bye\")\\n' >x.py; mprof run -o out.dat x.py | tail -1; rm out.dat",
    ),
    case(
        "script-leaves-at-once",
        Bare,
        "printf 'import os,time\\n@profile\\ndef f(): time.sleep(.2)\\nf()\\nos._exit(4)\\n' >x.py; mprof run -E -o out.dat x.py >/dev/null; echo $?; awk '/^FUNC/{print $2}' out.dat; rm out.dat",
    ),
    case(
        "script-terminates-itself",
        Bare,
        "printf 'import os,time\\ntime.sleep(.2)\\nos.kill(os.getpid(),15)\\n' >x.py; mprof run -E -o out.dat x.py >/dev/null; s=$?; rm out.dat; exit $s",
    ),
    case(
        "script-decorators-stacked",
        Bare,
        "printf 'import functools,time\\ndef logged(f):\\n @functools.wraps(f)\\n def w(*a,**k): return f(*a,**k)\\n return w\\n@profile\\n@logged\\ndef a(): time.sleep(.1)\\n@logged\\n@profile\\ndef b(): time.sleep(.1)\\n@logged\\n@profile\\n@logged\\ndef c(): time.sleep(.1)\\na();b();c()\\n' >x.py; mprof run -o out.dat x.py >/dev/null; awk '/^FUNC/{print $2,$7}' out.dat; rm out.dat",
    ),
    case(
        "script-property",
        Bare,
        "printf 'import time\\nclass A:\\n @property\\n @profile\\n def v(self): time.sleep(.2); return 3\\n @v.setter\\n @profile\\n def v(self,x): time.sleep(.1)\\na=A();print(a.v);a.v=4\\n' >x.py; mprof run -o out.dat x.py | tail -1; awk '/^FUNC/{print $2,$7}' out.dat; rm out.dat",
    ),
    case(
        "script-function-within",
        Bare,
        "printf 'import time\\n@profile\\ndef outer():\\n @profile\\n def inner(): time.sleep(.1)\\n inner(); inner()\\nouter()\\n' >x.py; mprof run -o out.dat x.py >/dev/null; awk '/^FUNC/{print $2,$7}' out.dat | sort; rm out.dat",
    ),
    case(
        "script-lambda",
        Bare,
        "printf 'import time\\nf=profile(lambda: time.sleep(.3))\\nf()\\n' >x.py; mprof run -o out.dat x.py >/dev/null; awk '/^FUNC/{print $2,$7}' out.dat; rm out.dat",
    ),
    case(
        "script-blocks",
        Bare,
        "printf 'import time\\n@profile\\ndef f():\\n with profile.timestamp(\"a\"):\\n  with profile.timestamp(\"b\"): time.sleep(.1)\\nf()\\nwith profile.timestamp(\"c\"): f()\\nwith profile.timestamp(): pass\\n' >x.py; mprof run -o out.dat x.py >/dev/null; awk '/^FUNC/{print $2,$7}' out.dat | sort; rm out.dat",
    ),
    case(
        "script-partial",
        Bare,
        "printf 'import time,functools\\ndef g(x): time.sleep(x)\\nf=profile(functools.partial(g,.3))\\nf()\\n' >x.py; mprof run -E -o out.dat x.py >/dev/null; s=$?; rm out.dat; exit $s",
    ),
    case(
        "script-options-of-profile",
        Bare,
        "printf 'import time,io\\n@profile(stream=io.StringIO(),backend=\"psutil\")\\ndef f(): time.sleep(.2)\\nf()\\n' >x.py; mprof run -E -o out.dat x.py >/dev/null; s=$?; rm out.dat; exit $s",
    ),
    case(
        "script-class",
        Bare,
        "printf '@profile\\nclass A: pass\\nA();print(isinstance(A,type))\\n' >x.py; mprof run -o out.dat x.py | tail -1; rm out.dat",
    ),
    case(
        "script-signature",
        Bare,
        "printf 'import inspect\\n@profile\\ndef f(a,*,b:int=2): pass\\nprint(inspect.signature(f))\\n' >x.py; mprof run -o out.dat x.py | tail -1; rm out.dat",
    ),
    case(
        "script-exception-passed",
        Bare,
        "printf 'import time\\n@profile\\ndef bad(): raise ValueError(1)\\n@profile\\ndef good(): time.sleep(.2)\\ntry: bad()\\nexcept ValueError: pass\\ngood()\\n' >x.py; mprof run -o out.dat x.py >/dev/null; awk '/^FUNC/{print $2,$7}' out.dat; rm out.dat",
    ),
    case(
        "script-generator",
        Bare,
        "printf 'import time\\n@profile\\ndef g():\\n for i in range(3): time.sleep(.1); yield i\\nprint(sum(g()))\\n' >x.py; mprof run -o out.dat x.py | tail -1; awk '/^FUNC/{print $2,$7,($6-$4>.1)}' out.dat; rm out.dat",
    ),
    case(
        "script-async",
        Bare,
        "printf 'import asyncio\\n@profile\\nasync def g(x):\\n await asyncio.sleep(.2); return x\\nasync def main(): print(await asyncio.gather(g(1),g(2),g(3)))\\nasyncio.run(main())\\n' >x.py; mprof run -o out.dat x.py | tail -1; awk '/^FUNC/{print $2,$7,($6-$4>.1)}' out.dat; rm out.dat",
    ),
    case(
        "script-threads",
        Bare,
        "printf 'import time\\nfrom concurrent.futures import *\\n@profile\\ndef f(x): time.sleep(.1); return x*x\\nwith ThreadPoolExecutor(2) as p: print(list(p.map(f,range(4))))\\n' >x.py; mprof run -o out.dat x.py | tail -1; awk '/^FUNC/{print $2}' out.dat; rm out.dat",
    ),
    case(
        "script-pool",
        Bare,
        "printf 'import time,multiprocessing as m\\ndef f(x): time.sleep(.3); return x*x\\nif __name__==\"__main__\":\\n with m.Pool(2) as p: print(p.map(f,range(4)))\\n' >x.py; mprof run -M -o out.dat x.py | tail -1; rm out.dat",
    ),
    case(
        "script-pool-of-profiled",
        Bare,
        "printf 'import time,multiprocessing as m\\n@profile\\ndef f(x): time.sleep(.3); return x*x\\nif __name__==\"__main__\":\\n with m.Pool(2) as p: print(p.map(f,range(4)))\\n' >x.py; timeout 20 mprof run -E -o out.dat x.py 2>/dev/null | tail -1; grep -c ^FUNC out.dat; rm out.dat",
    ),
    case(
        "script-runs-another",
        Bare,
        "printf 'import runpy\\nrunpy.run_path(\"y.py\",run_name=\"__main__\")\\n' >x.py; printf 'import time\\n@profile\\ndef f(): time.sleep(.3)\\nif __name__==\"__main__\": f()\\n' >y.py; mprof run -o out.dat x.py >/dev/null; awk '/^FUNC/{print $2,$7}' out.dat; rm out.dat",
    ),
    case(
        "script-package",
        Bare,
        "export PYTHONDONTWRITEBYTECODE=1; mkdir p; : >p/__init__.py; printf 'import time\\nfrom .h import g\\n@profile\\ndef main(): g()\\nmain()\\n' >p/__main__.py; printf 'import time\\ndef g(): time.sleep(.3)\\n' >p/h.py; mprof run --python -o out.dat p >/dev/null; awk '/^FUNC/{print $2,$7}' out.dat; rm out.dat",
    ),
    case(
        "script-module-named",
        Bare,
        "export PYTHONDONTWRITEBYTECODE=1; mkdir p; printf 'import time,sys\\nprint(sys.argv[1:],__package__)\\ntime.sleep(.3)\\n' >p/m.py; mprof run -o out.dat python3 -m p.m -x 1 | tail -1",
    ),
    case(
        "script-flags-of-python",
        Bare,
        "printf 'import sys\\nprint(__debug__,sys.flags)\\n' >x.py; for f in -O -I -S -E -B -s -Xdev -Xutf8 -Werror -q; do mprof run -E -o out.dat python3 $f x.py 2>/dev/null | tail -1; rm out.dat; done",
    ),
    case(
        "script-piped-in",
        Bare,
        "printf 'import time\\ntime.sleep(.3)\\nprint(\"in\")\\n' | mprof run -o out.dat python3 - a | tail -1",
    ),
    case(
        "script-own-path",
        Bare,
        "export PYTHONDONTWRITEBYTECODE=1; mkdir lib; echo v=9 >lib/zz.py; echo 'print(\"mine\")' >lib/sitecustomize.py; echo 'import zz; print(zz.v)' >x.py; PYTHONPATH=lib mprof run -o out.dat python3 x.py | tail -2; rm out.dat",
    ),
];
