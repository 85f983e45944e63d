#!/usr/bin/env python3
"""What `cistron bench windows` does, with pyBigWig: every window of a bigWig at base resolution, one thread.

usage: windows_pybigwig.py FILE [--window-bp 2048] [--iters 3]
Prints one JSON line with "seconds": [...], as ../shared/peers/compare.py reads it.
"""
import argparse
import json
import time

import numpy as np
import pyBigWig

p = argparse.ArgumentParser()
p.add_argument("file")
p.add_argument("--window-bp", type=int, default=2048)
p.add_argument("--iters", type=int, default=3)
o = p.parse_args()
seconds = []
for _ in range(o.iters):
    start = time.perf_counter()
    bw = pyBigWig.open(o.file)
    windows, total = 0, 0.0
    for contig, length in bw.chroms().items():
        for first in range(0, length - o.window_bp, o.window_bp):
            values = np.nan_to_num(bw.values(contig, first, first + o.window_bp, numpy=True))
            total += float(values[0])
            windows += 1
    bw.close()
    seconds.append(time.perf_counter() - start)
print(json.dumps({"bench": "windows", "engine": "pyBigWig", "windows": windows, "window_bp": o.window_bp, "seconds": seconds}))
