"""docs/results/pools.md, from what `pools.py measure` stored of each set."""

import json

import numpy as np

from pool_rules import OURS, PEERS

COMPARED = ("medoids", "facility-location")
# Of a pool, up to which the rules are held to the peers.
SMALL = 0.05
GAIN = 4.0

INTRODUCTION = """# Coverage of pools

What a probe learns from rows that each rule chose to be labelled, on four sets. [`benches/peers/pools.py`]\
(../../benches/peers/pools.py) measures a set and writes this page; what it stored is in [pools/](pools).

Each split draws a pool and holds up to 2,500 of the other rows out. Features: EfficientNet-Lite0, 1,280 a row. Probe: \
ridge regression on unit features, the best of three penalties. Random: the mean of 20 draws a split, its \
accuracy in per cent. All others: points to random on the same split, mean over the splits, standard error \
in brackets where there are several. Columns of more than 1,000 rows or a third of a pool are left out: 10 and 30 a class on Flowers-102, 30 a class on the Pets subset.

Peers: k-means is scikit-learn's, one start, the row nearest each centre. apricot's facility location is \
given the matrix of cosine similarities, negative ones as 0, and takes its default optimizer. SemDeDup-like \
follows arXiv 2303.09540: k-means clusters (√n, half the rows chosen at most); of all rows those stay that \
are least similar to a row of their cluster nearer its centre, which is its threshold set for the count."""

GOAL = """## Against the best peer

Where at most 5% of a pool is chosen: the peer with the best mean, its points over random, and our rules' \
difference from it, paired by split, with its standard error. "yes" where the difference is not below minus its \
standard error, which says no more than that the rule was not seen to be worse: with two splits that is a weak \
test. Taking the best of three peers afterwards favours the peers."""

SPEED = """## Seconds

Of a choice, median over the splits, with the rows in memory. On a GPU the wall clock counts; of `gstds \
select` that is the time it reports, without start, reading and building the pipelines. On a software \
adapter, which computes on the same cores as the peers, seconds of a processor count, summed over threads, \
so that other work on the machine matters less; of `gstds select` they are those of the whole process, its \
start and the building of its pipelines included. A greedy order holds the smaller budgets, too, and is \
timed whole. The rules of a split run one after the other."""

RATIO = """Seconds of a peer over those of our rule, on the same machine, median over the splits; above 1 ours \
is faster."""


def clock(found):
    """On a software adapter the peers' cores are its own."""
    return "processor" if "llvmpipe" in found["adapter"] else "seconds"


def columns(found):
    return {head: str(count) for head, count in sorted(found["budgets"].items(), key=lambda item: item[1])}


def values(found, rule, count, what="accuracy"):
    """Of each split that has it, by seed."""
    of = ((split["seed"], split[what].get(rule, {}).get(count)) for split in found["splits"])
    return {seed: value for seed, value in of if value is not None}


def difference(found, rule, base, count):
    """Mean over the splits, and its standard error."""
    ours, theirs = values(found, rule, count), values(found, base, count)
    apart = np.array([ours[seed] - theirs[seed] for seed in ours if seed in theirs])
    error = apart.std(ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else float("nan")
    return apart.mean(), error


def shown(mean, error):
    return f"{mean:+.1f}" if np.isnan(error) else f"{mean:+.1f} ({error:.1f})"


def verdict(value, least):
    """None where one split has no error."""
    return "" if np.isnan(value) else " yes" if value >= least else " no"


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "--:|" * (len(heads) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def rules(found):
    return [rule for rule in OURS | PEERS if rule in found["splits"][0]["accuracy"]]


def heads(found):
    return [f"{head} ({count})" for head, count in columns(found).items()]


def accuracies(found):
    counts = columns(found).values()
    means = [np.mean(list(values(found, "random", count).values())) for count in counts]
    rows = [["random"] + [f"{mean:.1f}" for mean in means]]
    for rule in rules(found):
        rows.append([rule] + [shown(*difference(found, rule, "random", count)) for count in counts])
    return table(["rule", *heads(found)], rows)


def seconds(found):
    rows = []
    for rule in rules(found):
        taken = [list(values(found, rule, count, clock(found)).values()) for count in columns(found).values()]
        rows.append([rule] + [f"{np.median(times):.1f}" if times else "" for times in taken])
    return table(["rule", *heads(found)], rows)


def ratio(found, ours, peer, count):
    mine, theirs = (values(found, rule, count, clock(found)) for rule in (ours, peer))
    both = [theirs[seed] / mine[seed] for seed in mine if seed in theirs]
    return f"{np.median(both):.2f}" if both else ""


def ratios(stored):
    rows = []
    for found in stored:
        most = list(columns(found))[-1]
        picked = {head: columns(found)[head] for head in ("5 a class", most)}
        for ours in COMPARED:
            for head, count in picked.items():
                of = [ratio(found, ours, peer, count) for peer in PEERS]
                if any(of):
                    rows.append([found["title"], f"{found['pool']:,}", ours, head, *of])
    return table(["set", "rows", "our rule", "chosen", *PEERS], rows)


def best_peer(found, count):
    there = [peer for peer in PEERS if peer in rules(found)]
    return max(there, key=lambda peer: difference(found, peer, "random", count)[0])


def against_peers(stored):
    rows = []
    for found in stored:
        for head, count in columns(found).items():
            if int(count) > SMALL * found["pool"]:
                continue
            peer = best_peer(found, count)
            row = [found["title"], f"{head} ({100 * int(count) / found['pool']:.1f}%)"]
            row += [peer, shown(*difference(found, peer, "random", count))]
            for rule in COMPARED:
                mean, error = difference(found, rule, peer, count)
                row.append(shown(mean, error) + verdict(mean + error, 0))
            rows.append(row)
    return table(["set", "chosen", "best peer", "over random", *COMPARED], rows)


def gains(stored):
    rows = []
    for found in stored:
        five = columns(found)["5 a class"]
        row = [found["title"]]
        for rule in COMPARED:
            mean, error = difference(found, rule, "random", five)
            row.append(shown(mean, error) + verdict(mean, GAIN))
        rows.append(row)
    return table(["5 a class over random: 4 points or more", *COMPARED], rows)


def section(found):
    shares = [split["others"] for split in found["splits"] if split["others"] is not None]
    load = f"other work took {100 * np.median(shares):.0f}% of the cores meanwhile" if shares else ""
    commits = ", ".join(sorted({split["commit"] for split in found["splits"]}))
    packages = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    return (
        f"## {found['title']}\n\n{found['classes']} classes; {len(found['splits'])} splits of a pool of "
        f"{found['pool']:,} rows and {found['held']:,} held out.\n\n{accuracies(found)}\n\n"
        f"Adapter: {found['adapter']}. Processor: {found['processor']}, {found['cores']} cores, the peers "
        f"on the same ({packages}); {load}. Date: {found['date']}, commit {commits}."
        f"{' ' + found['note'] if found['note'] else ''}"
    )


def timings(stored):
    parts = [SPEED]
    names = {"processor": "seconds of a processor", "seconds": "seconds"}
    for found in stored:
        what = f"{found['title']}, {found['pool']:,} rows, {names[clock(found)]}:"
        parts.append(f"{what}\n\n{seconds(found)}")
    return "\n\n".join([*parts, RATIO, ratios(stored)])


def findings(output):
    """What is written by hand stays."""
    text = output.read_text() if output.exists() else ""
    begun = text.find("## Findings\n")
    end = text.find("\n## ", begun + 1)
    return [text[begun:end].strip()] if begun >= 0 else []


def write(output, store, names):
    files = [store / f"{name}.json" for name in names]
    stored = [json.loads(file.read_text()) for file in files if file.exists()]
    if not stored:
        raise SystemExit(f"{store} holds nothing yet: run `pools.py measure` first")
    parts = [INTRODUCTION, *findings(output), f"{GOAL}\n\n{against_peers(stored)}\n\n{gains(stored)}"]
    parts += [section(found) for found in stored]
    output.write_text("\n\n".join([*parts, timings(stored)]) + "\n")
