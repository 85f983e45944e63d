#!/usr/bin/env python3
"""Print the tables of docs/gopher.md from finished runs and benchmarks of variants.

usage: gopher_tables.py [TITLE=RUN]... [TITLE=BENCHMARK_FOLDER]...
A run holds evaluation/*.json, a folder of `cistron variants benchmark` benchmark.json, one of `cistron variants qtl` qtl.json."""
import json, pathlib, sys

MEAN = "mean over tasks"


def number(row):
    if row is None or row["value"] is None:
        return "–"
    if row["low"] is None:
        return f"{row['value']:.3f}".replace("-0.000", "0.000")
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]".replace("-0.000", "0.000")


def cell(rows, model, metric):
    return number(next((r for r in rows if (r["model"], r["metric"], r["task"]) == (model, metric, MEAN)), None))


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


def against(found, reference, metric, name):
    """Paired differences from a reference, as rows of a metric of their own."""
    rows = []
    for d in found["differences"]:
        if d["metric"] != metric or d["task"] != MEAN or reference not in (d["model_a"], d["model_b"]):
            continue
        sign = -1.0 if d["model_a"] == reference else 1.0
        other = d["model_b"] if sign < 0 else d["model_a"]
        ends = [sign * d[end] for end in ("low", "high")] if d["low"] is not None else [None, None]
        value = None if d["difference"] is None else sign * d["difference"]
        low, high = sorted(ends) if None not in ends else (None, None)
        rows.append(dict(model=other, metric=name, task=MEAN, value=value, low=low, high=high))
    return rows


def of_run(title, run):
    load = lambda kind: json.loads((run / "evaluation" / f"{kind}.json").read_text())
    general, robust = load("generalisation"), load("robustness")
    order = list(dict.fromkeys(r["model"] for r in general["rows"]))
    reference = order[0]
    print(f"## {title}\n\n{general['windows']} test windows, {len(general['target']['tasks'])} task(s)\n")
    print("### Accuracy and robustness\n")
    rows = general["rows"] + robust["rows"]
    rows += against(general, reference, "pearson_whole_chromosome", "gain")
    rows += against(robust, reference, "variation_score", "variation_gain")
    table(rows, [("pearson_whole_chromosome", "Pearson r, whole chromosome"), ("gain", f"− {reference}, paired"),
                 ("pearson_per_sequence", "per sequence"), ("poisson_nll", "Poisson NLL"),
                 ("variation_score", "variation score"), ("variation_gain", f"− {reference}, paired")], order)
    print("### Resolution: Pearson r, whole chromosome, averaged to\n")
    rows = load("resolution")["rows"]
    bins = sorted({int(r["metric"].split("_")[-2]) for r in rows if r["metric"].startswith("pearson_whole_chromosome_at_")})
    table(rows, [(f"pearson_whole_chromosome_at_{b}_bp", f"{b} bp") for b in bins], order)
    print(f"### Scaling: mean squared error at {bins[0]} bp\n")
    names = ("mse", "before"), ("mse_scaled", "after"), ("scaling_factor", "factor")
    table(rows, [(f"{metric}_at_{bins[0]}_bp", name) for metric, name in names], order)
    print("### Test set: per-sequence r on windows with maximal coverage above\n")
    rows = load("test-selection")["rows"]
    above = sorted({r["metric"].rsplit("_", 1)[1] for r in rows if r["metric"].startswith("pearson_per_sequence_above_")}, key=float)
    columns = [(f"pearson_per_sequence_above_{t}", t) for t in above]
    table(rows, columns + [("pearson_per_sequence_on_peaks", "with a peak")], order)
    print("### Binary and quantitative\n")
    table(load("conversion")["rows"], [
        ("auroc_on_all", "AUROC of peaks"), ("average_precision_on_all", "average precision"),
        ("average_precision_trapezoid_on_all", "trapezoid"), ("pearson_whole_chromosome_on_peaks", "r on peaks"),
        ("pearson_whole_chromosome_on_all", "r everywhere")], order)


def of_benchmark(title, found):
    print(f"## {title}\n\nMean of Pearson's r over {len(found['elements'])} elements\n")
    means = [dict(r, task=MEAN) for r in found["rows"] if r["task"] == "mean over elements"]
    gains = [dict(r, model=r["model_a"], task=MEAN, value=r["difference"]) for r in found["differences"]
             if r["metric"] == "pearson_robust_minus_standard"]
    table(means + gains, [("pearson_standard", "standard"), ("pearson_robust", "robust"),
                          ("pearson_robust_minus_standard", "robust − standard")])


def of_qtl(title, found):
    print(f"## {title}\n\n{found['directed']} variants behind directions, {found['classified']} behind significance\n")
    table(found["rows"], [(f"{metric}_standard", metric.replace("_", " ")) for metric in
                          ("direction_auroc", "direction_accuracy", "pearson", "significance_auroc")])


for argument in sys.argv[1:]:
    title, path = argument.rsplit("=", 1)
    path = pathlib.Path(path)
    if (path / "benchmark.json").exists():
        of_benchmark(title, json.loads((path / "benchmark.json").read_text()))
    elif (path / "qtl.json").exists():
        of_qtl(title, json.loads((path / "qtl.json").read_text()))
    else:
        of_run(title, path)
