"""The recorders that `scripts/bench` compares: how each is called, and what it says afterwards.

A recorder's `argv` takes the interval in milliseconds, the file to write, and the command. Its `read` takes that file
and what the run printed, and gives the number of samples and the peak in bytes, as far as it knows them.
"""

import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

Run = collections.namedtuple('Run', 'wall_s cpu_s out err')
Recorder = collections.namedtuple('Recorder', 'name argv read')


def run(argv):
    """Runs a command to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen([*map(str, argv)], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors='replace'))
    if child.returncode != 0:
        print(f'{argv[0]} failed: {texts[1]}', file=sys.stderr)
    return Run(wall_s, usage.ru_utime + usage.ru_stime, *texts)


def without_privilege(recorder):
    """The same recorder as a user who owns nothing but the folder of the recording."""
    prefix = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps=-all']
    return Recorder(f'{recorder.name}, without privilege',
                    lambda *args: [*prefix, *recorder.argv(*args)], recorder.read)


def read_mprof(file, _):
    lines = [line.split() for line in open(file) if line.startswith('MEM ')]
    return len(lines), max((float(line[1]) for line in lines), default=0) * 2**20


def read_psrecord(file, _):
    lines = [line.split() for line in open(file) if not line.startswith('#')]
    return len(lines), max((float(line[2]) for line in lines), default=0) * 2**20


def python_recorders(python):
    def mprof(*flags):
        return lambda ms, file, command: [
            python, '-m', 'mprof', 'run', *flags, '-T', ms / 1000, '-o', file, *command]

    def psrecord(*flags):
        return lambda ms, file, command: [
            python, '-c', 'from psrecord.main import main; main()', ' '.join(map(str, command)),
            '--interval', ms / 1000, '--log', file, *flags]

    known = {'mprof': [Recorder('mprof', mprof(), read_mprof), Recorder('mprof -C', mprof('-C'), read_mprof)],
             'psrecord': [Recorder('psrecord', psrecord(), read_psrecord),
                          Recorder('psrecord -C', psrecord('--include-children'), read_psrecord)]}
    for module, recorders in known.items():
        if subprocess.run([python, '-c', f'import {module}'], capture_output=True).returncode == 0:
            yield from recorders
        else:
            print(f'{module}: left out, {python} does not have it', file=sys.stderr)


def find_recorders(mprof_rs, minimal_loop, python):
    """Every recorder that is there, by its name."""
    def read_ours(key):
        def read(file, _):
            summary = json.loads(run([mprof_rs, 'summary', '--json', file]).out)
            return summary['n_samples'], summary[key]
        return read

    def loop(kind):
        return lambda ms, file, command: [minimal_loop, kind, int(ms * 1e6), *command]

    figures = {'mprof-rs': 'peak_bytes', 'mprof-rs PSS': 'pss_peak_bytes', 'mprof-rs largest': 'largest_process_bytes'}
    found = [Recorder(name, lambda ms, file, command: [
        mprof_rs, 'run', '-q', '-T', f'{ms}ms', '-o', file, *command], read_ours(key)) for name, key in figures.items()]
    found += [Recorder(f'C loop, {kind}', loop(kind), lambda file, it: (int(it.err), None))
              for kind in ('status', 'statm', 'calls')]
    found += python_recorders(python)
    if shutil.which('time'):
        found.append(Recorder('time', lambda ms, file, command: [
            shutil.which('time'), '-o', file, '-f', '%M', *command], lambda file, _: (0, int(open(file).read()) * 1024)))
    return {it.name: it for it in found}
