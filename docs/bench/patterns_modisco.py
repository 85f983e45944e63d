#!/usr/bin/env python3
"""cistron motif patterns beside tfmodisco-lite (pip install modisco-lite==3.0.0 memelite==0.5.0 h5py), one after the other.

    python3 docs/bench/patterns_modisco.py target/release/cistron maps/ motifs.meme CORES

`maps/` is what docs/bench/pattern_maps.py writes; both commands run on the first CORES cores. Prints time, peak memory, the patterns
with their best matches in the database (both named by memelite's tomtom), and the Jaccard index of the names of the main ones: at
least 1 % of the seqlets that are in patterns, E < 0.05.
"""
import os
import pathlib
import sys
import time

import h5py
import numpy as np
from memelite import tomtom
from memelite.io import read_meme

cistron, maps, database, cores = sys.argv[1:]
maps, cores = pathlib.Path(maps), int(cores)
length = np.load(maps / "one_hot.npz")["arr_0"].shape[2]
one_hot, contributions = str(maps / "one_hot.npz"), str(maps / "contributions.npz")
threads = {name: str(cores) for name in ("RAYON_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")}
targets = read_meme(database)
names, targets = list(targets), [np.array(t) for t in targets.values()]


def run(name, file, *command):
    start = time.time()
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, range(cores))
        os.execvpe(command[0], command, {**os.environ, **threads})
    _, status, usage = os.wait4(child, 0)
    assert status == 0, name
    seconds, mebibytes = time.time() - start, usage.ru_maxrss / 1024
    print(f"{name}: {seconds:.1f} s, {mebibytes:.0f} MiB", flush=True)
    found = []
    with h5py.File(file) as patterns:
        for sign in ("pos", "neg"):
            group = patterns.get(f"{sign}_patterns", {})
            for key in sorted(group, key=lambda k: int(k.split("_")[1])):
                pattern = group[key]
                strength = np.abs(pattern["contrib_scores"][:]).sum(axis=1)
                core = np.flatnonzero(strength >= 0.3 * strength.max())
                p = tomtom([pattern["sequence"][core[0] : core[-1] + 1].T], targets)[0][0]
                seqlets, e = int(pattern["seqlets"]["n_seqlets"][0]), p.min() * len(targets)
                print(f"  {sign} {key}: {seqlets} seqlets, {names[p.argmin()]}, E {e:.1e}", flush=True)
                found.append((sign, names[p.argmin()].split()[-1], seqlets, e))
    least = 0.01 * sum(seqlets for _, _, seqlets, _ in found)
    named = {(sign, name) for sign, name, seqlets, e in found if seqlets >= least and e < 0.05}
    return seconds, mebibytes, named


out = maps / "compared"
ours = run("cistron", out / "patterns.h5", cistron, "-q", "motif", "patterns", "--sequences", one_hot, "--attributions", contributions, "--out", str(out))
options = ["-n", "20000", "-w", str(length), "-o", str(maps / "modisco.h5")]
theirs = run("modisco-lite", maps / "modisco.h5", "modisco", "motifs", "-s", one_hot, "-a", contributions, *options)
jaccard = len(ours[2] & theirs[2]) / max(1, len(ours[2] | theirs[2]))
print(f"ratio of time {theirs[0] / ours[0]:.2f}, of memory {theirs[1] / ours[1]:.2f}; Jaccard of the main names {jaccard:.2f}")
