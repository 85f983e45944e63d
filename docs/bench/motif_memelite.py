#!/usr/bin/env python3
"""cistron motif scan and match beside memelite (pip install memelite==0.5.0), alternated in one run.

    python3 docs/bench/motif_memelite.py target/release/cistron motifs.meme sequences.fa

cistron is timed as a whole command (start, reading, writing); memelite as a function call after its compiler is warm.
"""
import statistics
import subprocess
import sys
import time

import numpy as np
from memelite import fimo, tomtom
from memelite.io import read_meme

cistron, motifs, sequences = sys.argv[1:]
columns = [np.array(m) for m in read_meme(motifs).values()]


def command(*arguments):
    subprocess.run([cistron, "-q", "motif", *arguments], check=True)


def seconds(work):
    start = time.time()
    work()
    return time.time() - start


rivals = {
    "scan": (
        lambda: command("scan", "--motifs", motifs, "--sequences", sequences, "--out", "/tmp/hits.bed"),
        {"fimo": lambda: fimo(motifs, sequences, threshold=1e-4)},
    ),
    "match": (
        lambda: command("match", "--motifs", motifs, "--out", "/tmp/matches.parquet"),
        {
            "tomtom, exact columns": lambda: tomtom(columns, columns, n_target_bins=None),
            "tomtom, its default": lambda: tomtom(columns, columns),
        },
    ),
}
for verb, (ours, theirs) in rivals.items():
    for rival in theirs.values():
        rival()  # compiles
    times = {name: [] for name in ["cistron", *theirs]}
    for _ in range(4):
        times["cistron"].append(seconds(ours))
        for name, rival in theirs.items():
            times[name].append(seconds(rival))
    own = statistics.median(times["cistron"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{verb}: {name} {median:.2f} s ({min(values):.2f}-{max(values):.2f}), ratio {median / own:.2f}")
