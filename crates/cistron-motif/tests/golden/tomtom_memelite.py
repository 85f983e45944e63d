#!/usr/bin/env python3
"""Golden comparisons of memelite's tomtom (pip install memelite==0.5.0 numpy): python3 tomtom_memelite.py > tomtom_memelite.tsv

Compares the dozen embedded JASPAR matrices with each other. Its shortcuts are turned off: no rounding of the targets' columns
(n_target_bins) and a median by fine bins (n_median_bins).
"""
import warnings

import numpy as np
from memelite import tomtom

from dozen import dozen

warnings.simplefilter("ignore")  # a dozen targets are few
motifs = dozen()

print("query\ttarget\tp_value\tscore\toffset\toverlap\treverse")
columns = list(motifs.values())
p, scores, offsets, overlaps, strands = tomtom(columns, columns, n_target_bins=None, n_median_bins=100_000)
for i, query in enumerate(motifs):
    for j, target in enumerate(motifs):
        print(query, target, f"{p[i, j]:.9e}", int(scores[i, j]), int(offsets[i, j]), int(overlaps[i, j]), int(strands[i, j]), sep="\t")
