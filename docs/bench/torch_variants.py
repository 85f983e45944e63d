#!/usr/bin/env python3
"""Time the prediction of substitutions in PyTorch on the CPU, batched the usual way: both alleles of every variant as whole sequences, or, with
--saturation, every substitution of one sequence.

usage: torch_variants.py {cnn,basset} [--input-bp 2048] [--bins 64] [--tasks 15] [--sequences 64] [--saturation] [--iters 3] [--threads 1]
prints one JSON line as `cistron bench variants` does. cnn is GOPHER's (profiles of --bins bins), basset Kelley's (labels)."""
import argparse, json, resource, time
import torch, torch.nn as nn, torch.nn.functional as F

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("network", choices=["cnn", "basset"]); p.add_argument("--input-bp", type=int, default=2048)
p.add_argument("--bins", type=int, default=64); p.add_argument("--tasks", type=int, default=15)
p.add_argument("--sequences", type=int, default=64); p.add_argument("--saturation", action="store_true")
p.add_argument("--iters", type=int, default=3); p.add_argument("--threads", type=int, default=1)
o = p.parse_args()
torch.set_num_threads(o.threads); torch.manual_seed(1)


def conv(ci, co, k):
    return nn.Conv1d(ci, co, k, padding=(k - 1) // 2)


class Trunk(nn.Module):
    def __init__(self, widths, kernels, pools):
        super().__init__()
        self.convs = nn.ModuleList(conv(a, b, k) for a, b, k in zip((4, *widths), widths, kernels))
        self.norms, self.pools = nn.ModuleList(nn.BatchNorm1d(w) for w in widths), pools

    def forward(self, x):
        for c, n, p in zip(self.convs, self.norms, self.pools):
            x = F.max_pool1d(F.relu(n(c(x))), p)
        return x.flatten(1)


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = Trunk((192, 256, 512), (19, 7, 7), (8, 4, 4))
        self.d1, self.n1 = nn.Linear(512 * (o.input_bp // 128), 256), nn.BatchNorm1d(256)
        self.d2, self.n2 = nn.Linear(256, o.bins * 8), nn.BatchNorm1d(o.bins * 8)
        self.c4, self.n4, self.out = conv(8, 256, 7), nn.BatchNorm1d(256), nn.Conv1d(256, o.tasks, 1)

    def forward(self, x):
        x = F.relu(self.n1(self.d1(self.trunk(x))))
        x = F.relu(self.n2(self.d2(x))).view(-1, 8, o.bins)
        return F.softplus(self.out(F.relu(self.n4(self.c4(x)))))


class Basset(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = Trunk((300, 200, 200), (19, 11, 7), (3, 4, 4))
        self.dense = nn.Sequential(nn.Linear(200 * (o.input_bp // 3 // 4 // 4), 1000), nn.ReLU(), nn.Linear(1000, 1000), nn.ReLU(), nn.Linear(1000, o.tasks))

    def forward(self, x):
        return self.dense(self.trunk(x))


net = (Cnn if o.network == "cnn" else Basset)().eval()
L = o.input_bp
references = torch.randint(0, 4, (1 if o.saturation else o.sequences, L))
changes = [(r, p, b) for r in range(len(references)) for p in (range(L) if o.saturation else [L // 2]) for b in range(4) if b != references[r, p]]


def one_hot(codes):
    return F.one_hot(codes, 4).transpose(1, 2).float().contiguous()


seconds = []
with torch.inference_mode():
    for step in range(o.iters + 1):
        start = time.perf_counter()
        for i in range(0, len(changes), 64):
            part = changes[i : i + 64]
            rows = torch.tensor([c[0] for c in part])
            codes = references[rows].clone()
            if not o.saturation:
                net(one_hot(codes))
            codes[torch.arange(len(part)), torch.tensor([c[1] for c in part])] = torch.tensor([c[2] for c in part])
            net(one_hot(codes))
        if step:
            seconds.append(time.perf_counter() - start)
print(json.dumps({"engine": f"torch-{torch.__version__}", "network": o.network, "params": sum(p.numel() for p in net.parameters()), "variants": len(changes),
                  "variants_per_s": len(changes) / min(seconds), "seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}))
