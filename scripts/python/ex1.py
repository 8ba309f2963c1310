"""Example 1 of the article: float64, uniform on [0, 1), in memory.

The operations are the article's; the size can be chosen, and so can the place of the file.
"""

import argparse
import time

import numpy as np


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--depth', type=int, default=500)
    parser.add_argument('--rows', type=int, default=2000)
    parser.add_argument('--cols', type=int, default=2000)
    args = parser.parse_args()

    tic = time.perf_counter()
    z, x, y = args.depth, args.rows, args.cols

    a = np.zeros((z, x, y))

    for i in range(z):
        r = np.random.rand(x, y)
        a[i] = r

    toc = time.perf_counter()
    print('elapsed time =', round(toc - tic, 2), 'sec')

    s = np.float64().nbytes * (z * x * y) / 1e9  # where 1 GB = 1000 MB
    print('calculated storage =', s, 'GB')


if __name__ == '__main__':
    main()
