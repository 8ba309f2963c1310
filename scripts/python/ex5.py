"""Example 5: what the article's example 3 becomes with a Zarr array, one uncompressed chunk to a slice.

The operations are the article's; the size can be chosen, and so can the place of the file.
"""

import argparse
import time

import numpy as np
import zarr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--depth', type=int, default=500)
    parser.add_argument('--rows', type=int, default=2000)
    parser.add_argument('--cols', type=int, default=2000)
    parser.add_argument('--output', default='file.zarr')
    args = parser.parse_args()

    rng = np.random.default_rng()
    tic = time.perf_counter()
    z, x, y = args.depth, args.rows, args.cols

    a = zarr.create_array(args.output, shape=(z, x, y), chunks=(1, x, y), dtype=np.float32,
                          compressors=None, filters=None, overwrite=True)

    for i in range(z):
        r = rng.standard_normal((x, y), dtype=np.float32)
        a[i] = r

    toc = time.perf_counter()
    print('elapsed time =', round(toc - tic, 2), 'sec')

    s = np.float32().nbytes * (z * x * y) / 1e9  # where 1 GB = 1000 MB
    print('calculated storage =', s, 'GB')


if __name__ == '__main__':
    main()
