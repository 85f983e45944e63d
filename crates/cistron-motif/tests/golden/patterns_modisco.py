#!/usr/bin/env python3
"""Golden pattern names of tfmodisco-lite: python3 patterns_modisco.py > patterns_modisco.tsv
(pip install modisco-lite==3.0.0 memelite==0.5.0 h5py)

Makes maps by a linear congruential generator, which tests/modisco.rs repeats: 2,000 sequences of 200 bp with two sites of the dozen
embedded JASPAR matrices each, of varying strength, on either strand, over noise; sites of the last three matrices contribute
negatively. Runs `modisco motifs` on them with its defaults and names each pattern by its best match among the dozen.
"""
import pathlib
import subprocess
import tempfile
import warnings

import h5py
import numpy as np
from memelite import tomtom

from dozen import dozen

warnings.simplefilter("ignore")  # a dozen targets are few
motifs = dozen()
matrices = [m.T for m in motifs.values()]
SEQUENCES, LENGTH, NEGATIVE = 2000, 200, 3
state = 21


def below(n):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) * n // 2**31


def share():
    return below(2**31) / 2**31


one_hot = np.zeros((SEQUENCES, 4, LENGTH), np.int8)
contributions = np.zeros((SEQUENCES, 4, LENGTH), np.float64)
for sequence in range(SEQUENCES):
    here = [below(4) for _ in range(LENGTH)]
    weights = np.array([[0.1 * (share() - 0.5) for _ in range(4)] for _ in range(LENGTH)])
    for slot in range(2):
        motif = below(len(matrices))
        sign = -1.0 if motif >= len(matrices) - NEGATIVE else 1.0
        matrix, at = matrices[motif], 40 + 80 * slot + below(20)
        strength, reverse = 0.5 + share(), below(2) == 1
        for i in range(len(matrix)):
            column = matrix[len(matrix) - 1 - i][::-1] if reverse else matrix[i]
            u, base = share(), 0
            while base < 3 and u >= column[base]:
                u, base = u - column[base], base + 1
            here[at + i] = base
            weights[at + i] += sign * strength * 0.4 * (column - 0.25)
    one_hot[sequence, here, np.arange(LENGTH)] = 1
    contributions[sequence] = weights.T

with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    np.savez(folder / "one_hot.npz", one_hot)
    np.savez(folder / "contributions.npz", contributions.astype(np.float32))
    files = ["-s", folder / "one_hot.npz", "-a", folder / "contributions.npz", "-o", folder / "out.h5"]
    subprocess.run(["modisco", "motifs", "-n", "20000", "-w", str(LENGTH), *files], check=True, stdout=subprocess.DEVNULL)
    print("sign\tname\tp_value\tseqlets")
    with h5py.File(folder / "out.h5") as file:
        for sign in ("pos", "neg"):
            group = file.get(f"{sign}_patterns", {})
            for name in sorted(group, key=lambda n: int(n.split("_")[1])):
                pattern = group[name]
                strength = np.abs(pattern["contrib_scores"][:]).sum(axis=1)
                core = np.flatnonzero(strength >= 0.3 * strength.max())
                matrix = pattern["sequence"][core[0] : core[-1] + 1].T
                p = tomtom([matrix], list(motifs.values()))[0][0]
                print(sign, list(motifs)[p.argmin()], f"{p.min():.1e}", int(pattern["seqlets"]["n_seqlets"][0]), sep="\t")
