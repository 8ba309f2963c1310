"""Example 3 of the article: float32, standard normal, in an HDF5 file.

The operations are the article's; the size can be chosen, and so can the place of the file.
"""

import argparse
import time

import h5py
import numpy as np


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--depth', type=int, default=500)
    parser.add_argument('--rows', type=int, default=2000)
    parser.add_argument('--cols', type=int, default=2000)
    parser.add_argument('--output', default='file.hdf5')
    args = parser.parse_args()

    rng = np.random.default_rng()
    tic = time.perf_counter()
    z, x, y = args.depth, args.rows, args.cols

    f = h5py.File(args.output, 'w')
    dset = f.create_dataset('data', shape=(z, x, y), dtype=np.float32)

    for i in range(z):
        r = rng.standard_normal((x, y), dtype=np.float32)
        dset[i, :, :] = r

    toc = time.perf_counter()
    print('elapsed time =', round(toc - tic, 2), 'sec')

    s = np.float32().nbytes * (z * x * y) / 1e9  # where 1 GB = 1000 MB
    print('calculated storage =', s, 'GB')


if __name__ == '__main__':
    main()
