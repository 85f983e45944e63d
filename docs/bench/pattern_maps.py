#!/usr/bin/env python3
"""Attribution maps of a small network, to compare `cistron motif patterns` with tfmodisco-lite on.

    pip install torch numpy
    python3 docs/bench/pattern_maps.py shared/data/E_chip_classification maps/

A convolutional network with one output per set (CTCF, Nanog, NFE2, JUND) learns to tell the sequences of each set from those of
the others and from dinucleotide-preserving shuffles of all; the gradient of a sequence's own output, less its mean at each
position, makes the hypothetical contributions. Writes one_hot.npz and contributions.npz, [sequences, 4, 100]. CPU results
depend on the build of PyTorch, so the maps are not the same everywhere; both tools see the same files.
"""
import gzip
import pathlib
import sys
import time

import numpy as np
import torch

data, out = map(pathlib.Path, sys.argv[1:])
out.mkdir(parents=True, exist_ok=True)
torch.manual_seed(1)
rng = np.random.default_rng(1)
LENGTH = 100


def records(name, label=None):
    found, header = [], None
    for line in gzip.open(data / name, "rt"):
        if line[0] == ">":
            header = line[1:].strip()
        elif label is None or header == label:
            found.append(line.strip().upper())
    return found


def codes(sequence):
    values = np.array(["ACGT".find(c) for c in sequence])
    if len(values) >= LENGTH:
        start = (len(values) - LENGTH) // 2
        values = values[start : start + LENGTH]
    else:
        start = (LENGTH - len(values)) // 2
        wide = rng.integers(0, 4, LENGTH)
        wide[start : start + len(values)] = values
        values = wide
    return np.where(values < 0, rng.integers(0, 4, LENGTH), values)


def shuffled(values):
    followers = [[] for _ in range(4)]
    for a, b in zip(values[:-1], values[1:]):
        followers[a].append(b)
    for _ in range(50):
        left = [list(rng.permutation(f)) for f in followers]
        walk = [values[0]]
        while left[walk[-1]]:
            walk.append(left[walk[-1]].pop())
        if len(walk) == len(values):
            return np.array(walk)
    return rng.permutation(values)


sets = [
    records("ctcf_demo.fa.gz")[:30000],
    records("nanog_h1esc_positives_train.fa.gz"),
    records("lsgkm_Gm12878_Nfe2_tr.fa.gz"),
    records("fastsk_JUND.train.fasta.gz", "1") + records("fastsk_JUND.test.fasta.gz", "1"),
]
own = np.concatenate([np.full(len(s), i) for i, s in enumerate(sets)])
x = np.stack([codes(s) for group in sets for s in group])
n = len(x)
print([len(s) for s in sets], flush=True)
everything = np.concatenate([x, np.stack([shuffled(v) for v in x])])
labels = np.zeros((2 * n, len(sets)), np.float32)
labels[np.arange(n), own] = 1
eye = np.eye(4, dtype=np.float32)


def tensor(values):
    return torch.from_numpy(eye[values].transpose(0, 2, 1).copy())


net = torch.nn.Sequential(
    torch.nn.Conv1d(4, 64, 19, padding=9),
    torch.nn.BatchNorm1d(64),
    torch.nn.ReLU(),
    torch.nn.MaxPool1d(4),
    torch.nn.Dropout(0.1),
    torch.nn.Conv1d(64, 64, 7, padding=3),
    torch.nn.BatchNorm1d(64),
    torch.nn.ReLU(),
    torch.nn.MaxPool1d(5),
    torch.nn.Flatten(),
    torch.nn.Dropout(0.3),
    torch.nn.Linear(320, len(sets)),
)
optimiser = torch.optim.Adam(net.parameters(), 1e-3, weight_decay=1e-5)
for epoch in range(6):
    order, start, total = rng.permutation(2 * n), time.time(), 0.0
    net.train()
    for i in range(0, 2 * n, 128):
        batch = order[i : i + 128]
        inputs = tensor(everything[batch])
        if rng.random() < 0.5:
            inputs = inputs.flip(1, 2)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(inputs), torch.from_numpy(labels[batch]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item() * len(batch)
    print(epoch, total / 2 / n, time.time() - start, flush=True)

net.eval()
contributions = np.zeros((n, 4, LENGTH), np.float32)
for i in range(0, n, 256):
    inputs = tensor(x[i : i + 256]).requires_grad_()
    outputs = net(inputs)
    outputs[torch.arange(len(outputs)), torch.from_numpy(own[i : i + 256])].sum().backward()
    gradient = inputs.grad.numpy()
    contributions[i : i + 256] = gradient - gradient.mean(1, keepdims=True)
np.savez_compressed(out / "one_hot.npz", eye[x].transpose(0, 2, 1).astype(np.int8))
np.savez(out / "contributions.npz", contributions)
print(n, "maps")
