#!/usr/bin/env python3
"""Writes docs/results.md from run directories: python3 docs/make_results.py RUNS_DIR

Every number comes from RUNS_DIR/NAME/evaluation/generalisation.json and manifest.json, as `cistron run examples/NAME.toml` left them.
"""
import json
import pathlib
import sys

ORDER = [
    ("Yeast ATAC-seq cut sites, coverage in 32 bp bins", "yeast-atac"),
    ("Yeast ATAC-seq cut sites, base resolution", "yeast-atac-base"),
    ("Yeast ATAC-seq peaks, binary", "yeast-atac-peaks"),
    ("Yeast MNase, Pol II and stranded RNA, multi-task", "yeast-multitask"),
    ("Yeast promoter expression, native, complex medium", "vaishnav-native"),
    ("Yeast promoter expression, SSWM trajectories, complex medium", "vaishnav-sswm"),
    ("DREAM challenge demo set", "dream-demo"),
    ("DeepSTARR sample, two outputs", "deepstarr"),
    ("Mouse retina MPRA", "mouse-retina-mpra"),
    ("Nanog ChIP-seq, human ES cells", "nanog"),
    ("FastSK CTCF", "fastsk-ctcf"),
    ("FastSK EP300", "fastsk-ep300"),
    ("FastSK JUND", "fastsk-jund"),
    ("FastSK RAD21", "fastsk-rad21"),
    ("FastSK SIN3A", "fastsk-sin3a"),
]
SHOWN = {
    "profile": ["pearson_whole_chromosome", "spearman_whole_chromosome", "pearson_per_sequence", "poisson_nll"],
    "scalar": ["pearson", "spearman", "mse"],
    "binary": ["auroc", "average_precision", "expected_calibration_error"],
}


def cell(row):
    if row is None or row["value"] is None:
        return "–"
    if row.get("low") is None:
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]".replace("-0.000", "0.000")


def section(title, run):
    found = json.loads((run / "evaluation" / "generalisation.json").read_text())
    manifest = json.loads((run / "manifest.json").read_text())
    kind = found["target"]["kind"]
    tasks = found["target"]["tasks"]
    metrics = SHOWN[kind]
    rows = {(r["model"], r["task"], r["metric"]): r for r in found["rows"]}
    mean = next(r["task"] for r in found["rows"] if r["task"] not in tasks)
    out = [f"## {title}", ""]
    over = f", mean over {len(tasks)} tasks" if len(tasks) > 1 else ""
    sizes = ", ".join(f"{m['name']} {m['parameters']:,} parameters" for m in manifest["models"])
    out += [
        f"`cistron run examples/{run.name}.toml`: {found['windows']} test windows{over}; {sizes}.",
        "",
    ]
    out += ["| model | " + " | ".join(m.replace("_", " ") for m in metrics) + " |", "|---" * (len(metrics) + 1) + "|"]
    for model in found["models"]:
        values = [cell(rows.get((model, mean, m))) for m in metrics]
        out.append(f"| {model} | " + " | ".join(values) + " |")
    out += ["", *[f"- {v['text']}" for v in found["verdicts"]], ""]
    return out


def main():
    runs = pathlib.Path(sys.argv[1])
    note = pathlib.Path(__file__).with_name("results_note.md").read_text()
    lines = note.splitlines() + [""]
    for title, name in ORDER:
        if (runs / name / "manifest.json").exists():
            lines += section(title, runs / name)
        else:
            print(f"{name}: no run in {runs}", file=sys.stderr)
    pathlib.Path(__file__).with_name("results.md").write_text("\n".join(lines).rstrip() + "\n")


main()
