#!/usr/bin/env python3
"""Print the tables of docs/gopher.md from a run of examples/gopher-yeast.toml and the variant benchmark of its models.

usage: gopher_tables.py RUN [BENCHMARK]"""
import json, pathlib, sys

run = pathlib.Path(sys.argv[1])


def load(kind):
    return json.loads((run / "evaluation" / f"{kind}.json").read_text())["rows"]


def cell(rows, model, metric, task="mean over tasks"):
    row = next((r for r in rows if (r["model"], r["metric"], r["task"]) == (model, metric, task)), None)
    if row is None or row["value"] is None:
        return "–"
    if row["low"] is None:
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def table(rows, columns, models=None):
    if models is None:
        models = list(dict.fromkeys(r["model"] for r in rows))
    print("| model | " + " | ".join(name for _, name in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for model in models:
        cells = [cell(rows, model, metric) for metric, _ in columns]
        if any(c != "–" for c in cells):
            print(f"| {model} | " + " | ".join(cells) + " |")
    print()


general = load("generalisation")
order = list(dict.fromkeys(r["model"] for r in general))
print("### Losses, bins, augmentation\n")
robust = load("robustness")
table(general + robust, [("pearson_whole_chromosome", "Pearson r, whole chromosome"), ("pearson_per_sequence", "per sequence"),
                         ("poisson_nll", "Poisson NLL"), ("variation_score", "variation score")], order)
print("### Resolution: Pearson r, whole chromosome, averaged to\n")
rows = load("resolution")
bins = [b for b in (32, 64, 128, 256, 512, 1024, 2048)]
table(rows, [(f"pearson_whole_chromosome_at_{b}_bp", f"{b} bp") for b in bins], order)
print("### Scaling: mean squared error at 32 bp\n")
table(rows, [("mse_at_32_bp", "before"), ("mse_scaled_at_32_bp", "after"), ("scaling_factor_at_32_bp", "factor")], order)
print("### Test set: per-sequence r on windows with maximal coverage above\n")
rows = load("test-selection")
table(rows, [(f"pearson_per_sequence_above_{t}", str(t)) for t in (2, 4, 8, 16)] + [("pearson_per_sequence_on_peaks", "with a peak")], order)
print("### Binary and quantitative\n")
rows = load("conversion")
table(rows, [("auroc_on_all", "AUROC of peaks"), ("average_precision_on_all", "average precision"),
             ("average_precision_trapezoid_on_all", "trapezoid"), ("pearson_whole_chromosome_on_peaks", "r on peaks"),
             ("pearson_whole_chromosome_on_all", "r everywhere")], order)
if len(sys.argv) > 2:
    print("### Variant effects: mean r over 15 elements\n")
    found = json.loads((pathlib.Path(sys.argv[2]) / "benchmark.json").read_text())
    means = [dict(r, task="mean over tasks") for r in found["rows"] if r["task"] == "mean over elements"]
    gains = [dict(r, model=r["model_a"], task="mean over tasks", value=r["difference"]) for r in found["differences"]
             if r["metric"] == "pearson_robust_minus_standard"]
    table(means + gains, [("pearson_standard", "standard"), ("pearson_robust", "robust"),
                          ("pearson_robust_minus_standard", "robust − standard")])
