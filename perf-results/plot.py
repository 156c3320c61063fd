#!/usr/bin/env python3
"""Draws the results in this folder: catchup, latency, scale and write.json become plots of those names. Needs gnuplot."""
import json
import pathlib
import subprocess

FOLDER = pathlib.Path(__file__).parent


def bars(name, title, ylabel, series, labels, values, logscale=False):
    """Grouped bars: values[label][series]."""
    lines = ["$data << EOD"]
    for label, row in zip(labels, values):
        lines.append(" ".join(['"%s"' % label] + [str(value) for value in row]))
    lines += [
        "EOD",
        "set terminal svg size 900,420 dynamic background rgb 'white' font 'sans,13'",
        "set output '%s'" % (FOLDER / (name + ".svg")),
        "set title '%s'" % title,
        "set ylabel '%s'" % ylabel,
        "set style data histogram",
        "set style histogram clustered gap 1",
        "set style fill solid 0.8 noborder",
        "set boxwidth 0.9",
        "set grid ytics lc rgb '#dddddd'",
        "set xtics nomirror rotate by -20 noenhanced",
        "set key outside right top noenhanced" if len(series) > 1 else "unset key",
        "set logscale y" if logscale else "set yrange [0:*]",
        "plot " + ", ".join(
            "$data using %d%s title '%s'" % (i + 2, ":xtic(1)" if i == 0 else "", title)
            for i, title in enumerate(series)),
    ]
    subprocess.run(["gnuplot"], input="\n".join(lines), text=True, check=True)


def catchup(name, document):
    rows = document["rows"]
    bars(name, "Catch-up, %.1f GiB, %d partitions" % (document["load"]["bytes"] / 2**30, document["load"]["partitions"]),
         "GiB/s; CPU-s/GiB", ["GiB/s", "CPU-s/GiB"], [row["name"] for row in rows],
         [[row["gibPerSecond"], row["cpuSecondsPerGib"]] for row in rows])


def latency(name, document):
    results = document["results"]
    bars(name, "Latency from when a record was due", "ms", ["journaled p50", "consumer p50", "journaled p99",
         "consumer p99"], ["%s %d%%%s" % (r["flush"], r["load"], "" if r["verdict"] == "OK" else " FAIL") for r in results],
         [[r["journaled"]["p50"], r["consumer"]["p50"], r["journaled"]["p99"], r["consumer"]["p99"]] for r in results],
         logscale=True)


def scale(name, document):
    results = document["results"]
    bars(name, "Catch-up rate", "GiB/s", ["GiB/s"],
         ["%d shards, %d part., %d B, %s" % (r["shards"], r["partitions"], r["recordSize"], r["compression"]) for r in results],
         [[r["umbra"]["gibPerSecond"]] for r in results])


def write(name, document):
    results = document["results"]
    bars(name, "Ways to write a frame of 4 MiB", "GiB/s; CPU-s/GiB", ["GiB/s", "CPU-s/GiB"],
         [r["row"]["name"] for r in results],
         [[r["row"]["gibPerSecond"], r["row"]["cpuSecondsPerGib"]] for r in results])


for kind in (catchup, latency, scale, write):
    path = FOLDER / (kind.__name__ + ".json")
    if path.exists():
        kind(path.stem, json.loads(path.read_text()))
        print(path.with_suffix(".svg").name)
