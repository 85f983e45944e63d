"""The dozen embedded JASPAR matrices, for the scripts beside this one."""
import pathlib

import numpy as np


def dozen():
    """Identifier to probabilities, [4, width]."""
    path = pathlib.Path(__file__).parents[2] / "data" / "jaspar2024_dozen.jaspar"
    text = path.read_text().splitlines()
    motifs = {}
    for i in range(0, len(text), 5):
        if not text[i].startswith(">"):
            break
        rows = [[float(v) for v in line.split("[")[1].split("]")[0].split()] for line in text[i + 1 : i + 5]]
        counts = np.array(rows)
        motifs[text[i][1:].split()[0]] = counts / counts.sum(axis=0)
    return motifs
