"""Do the files of ex3, ex4 and ex5 open in the tools that people read them with?

    python3 scripts/interop/workloads.py BIN_DIR [LIBHDF5_BIN_DIR]

BIN_DIR holds the example programs; LIBHDF5_BIN_DIR an ex3 built with the feature `libhdf5`. Needs numpy, h5py and
zarr, and h5diff, h5dump and h5stat on the PATH. Prints one line to each check and fails if one does.
"""

import io
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import zarr

SHAPE = (7, 30, 50)
failures = 0


def check(what, holds):
    global failures
    failures += not holds
    print('ok    ' if holds else 'FAILED', what)


def write(bin_dir, name, path, seed=1):
    sizes = [f'--{name}={n}' for name, n in zip(('depth', 'rows', 'cols'), SHAPE)]
    subprocess.run([bin_dir / name, *sizes, f'--seed={seed}', f'--output={path}'], check=True, capture_output=True)
    return path


def succeeds(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    return run.returncode == 0 and not run.stderr


def check_array(name, array, values):
    check(f'{name}: shape and dtype', array.shape == SHAPE and array.dtype == np.dtype('<f4'))
    check(f'{name}: every value', np.array_equal(array[...], values))


def check_hdf5(path, folder, values):
    with h5py.File(path) as file:
        check('ex3: one dataset, named data', list(file) == ['data'])
        dataset = file['data']
        check_array('ex3 in h5py', dataset, values)
        layout = dataset.id.get_create_plist()
        check('ex3: contiguous, as h5py writes it', layout.get_layout() == h5py.h5d.CONTIGUOUS)
        check('ex3: the data begins where h5py puts it', dataset.id.get_offset() == 2048)
    copy = folder / 'by_h5py.hdf5'
    with h5py.File(copy, 'w') as file:
        file.create_dataset('data', data=values)
    check('ex3: h5diff finds no difference to a file of h5py', succeeds('h5diff', '--report', path, copy))
    check('ex3: h5dump reads it', succeeds('h5dump', path))
    check('ex3: h5stat reads it', succeeds('h5stat', path))
    with h5py.File(path, 'r+') as file:
        file.attrs['added'] = 1
        file['more'] = np.arange(3)
        file['data'][0, 0, 0] = 5
    with h5py.File(path) as file:
        check('ex3: h5py can change it and add to it', sorted(file) == ['data', 'more'] and file['data'][0, 0, 0] == 5)


def check_npy(path, values):
    check_array('ex4 in numpy.load', np.load(path), values)
    check_array('ex4 in numpy.load, mapped', np.load(path, mmap_mode='r'), values)
    expected = io.BytesIO()
    np.save(expected, values)
    check('ex4: the same bytes as numpy.save', path.read_bytes() == expected.getvalue())


def check_zarr(path, values):
    array = zarr.open_array(path, mode='r')
    check_array('ex5 in zarr', array, values)
    check('ex5: one chunk to a slice', array.chunks == (1, *SHAPE[1:]))
    check('ex5: one file to a chunk', sum(file.is_file() for file in path.rglob('*')) == SHAPE[0] + 1)


def main():
    bin_dir, *library_dir = map(pathlib.Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        hdf5 = write(bin_dir, 'ex3', folder / 'file.hdf5')
        npy = write(bin_dir, 'ex4', folder / 'file.npy')
        values = np.load(npy)
        check('the values are random', 0.9 < values.std() < 1.1 and abs(values.mean()) < 0.1)
        check('another seed, other values', not np.array_equal(np.load(write(bin_dir, 'ex4', folder / '2', 2)), values))
        for library in library_dir:
            other = write(library, 'ex3', folder / 'library.hdf5')
            check('ex3: h5diff finds no difference between the two writers', succeeds('h5diff', '--report', hdf5, other))
        check_hdf5(hdf5, folder, values)
        check_npy(npy, values)
        check_zarr(write(bin_dir, 'ex5', folder / 'file.zarr'), values)
        check_zarr(write(bin_dir, 'ex5', folder / 'file.zarr'), values)
    sys.exit(failures > 0)


if __name__ == '__main__':
    main()
