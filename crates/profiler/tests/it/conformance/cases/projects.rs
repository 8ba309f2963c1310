//! Lines as they stand in scripts, makefiles and workflows of projects that use mprof, and readers of recordings that
//! people write themselves.

use super::super::stage::Folder::Bare;
use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "project-soak",
        Bare,
        "printf 'import sys,time\\ntime.sleep(.3)\\n' >run.py; rm -f mprofile_*.dat; mprof run -T 0.1 -C run.py -C conf --stop-after 4 --quiet >/dev/null && mprof plot --output soak.png; rm -f mprofile_*.dat",
    ),
    case(
        "project-peak-grep",
        Bare,
        "mprof run python3 -c 'import time; time.sleep(.3)' >/dev/null; mprof peak | grep -Eo '[+-]?([0-9]*[.])?[0-9]+ MiB' | wc -l",
    ),
    case(
        "project-make",
        Bare,
        "printf 'mem:\\n\\tmprof run --multiprocess $(script) >/dev/null\\n\\tmprof plot --output p.png --backend agg >/dev/null\\n\\tmv mprofile_*.dat kept.dat\\n' >Makefile; make -s mem script='sleep .3'",
    ),
    case(
        "project-log",
        Bare,
        "mkdir logs; mprof run --include-children --exit-code --output logs/m.dat sh -c 'sleep .3; exit 5' >/dev/null 2>cmd.stderr; s=$?; [ $s -ne 0 ] && echo failed with $s; mprof peak logs/m.dat | cut -f 1; rm cmd.stderr",
    ),
    case(
        "project-loop",
        Bare,
        "for i in 1 2; do timeout 20 mprof run sh -c \"sleep .3; echo n$i\" 2>&1 | tee log$i.txt | grep ^n; mv mprofile_*.dat run$i.dat; done; mprof peak run1.dat run2.dat | cut -f 1; rm log?.txt",
    ),
    case(
        "project-clean-run",
        Bare,
        "mprof clean && mprof run -C sleep .3 >/dev/null; mprof list | wc -l; mprof rm 0",
    ),
    case(
        "project-flame",
        Bare,
        "printf 'import time\\n@profile\\ndef f():\\n with profile.timestamp(\"first_part\"): time.sleep(.3)\\nf()\\n' >x.py; mprof run -T 0.05 -o out.dat x.py --width 9 >/dev/null; mprof plot --flame --title 'Memory use' --output x.png out.dat; awk '/FUNC/{print $2,$7}' out.dat | sort; rm out.dat",
    ),
    case(
        "reader-by-tag",
        Bare,
        "mprof run -T 0.05 -o m.dat sleep .4 >/dev/null; python3 -c \"f=open('m.dat'); print(next(f) > '', max(float(l.split(' ')[1]) for l in f if l.startswith('MEM')) > 0)\"; rm m.dat",
    ),
    case(
        "reader-of-three-words",
        Bare,
        "mprof run -T 0.05 -o m.dat sleep .4 >/dev/null; python3 -c \"print(any(len(l.split()) == 3 for l in open('m.dat') if l.startswith('MEM')))\"; rm m.dat",
    ),
    case(
        "reader-of-all-lines",
        Bare,
        "mprof run -T 0.05 -o m.dat sleep .4 >/dev/null; sed 1d m.dat | python3 -c \"import sys; print(len([float(w) for l in sys.stdin for w in l.split()[1:3]]) > 2)\"; rm m.dat",
    ),
    case(
        "reader-of-plain-lines",
        Bare,
        "mprof run -T 0.05 -o m.dat sleep .4 >/dev/null; awk '/^CMDLINE /; /^MEM /{print $1,$2,$3}' m.dat | sed 1d | python3 -c \"import sys; print(len([float(w) for l in sys.stdin for w in l.split()[1:]]) > 2)\"; rm m.dat",
    ),
];
