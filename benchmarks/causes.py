"""How often the verdict is right, on simulated runs of every cause: a confusion matrix.

python benchmarks/causes.py [--seeds 10] [--cause idle-timeout] [-v]
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from jmxgen.analysis.verdict import judge
from tests.unit.analysis.cases import CASES


def main() -> None:
    """Run the study and print, for each case, the verdicts and the errors of the estimates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--cause", default="")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    right = total = 0
    for case in CASES:
        if options.cause not in case.name:
            continue
        verdicts: collections.Counter[str] = collections.Counter()
        errors, confidences = [], []
        began = time.perf_counter()
        for seed in range(options.seeds):
            analysis = judge(case.run(seed))
            verdicts[analysis.verdict.cause] += 1
            if analysis.verdict.cause == case.cause:
                confidences.append(analysis.verdict.confidence)
                if case.truth:
                    key, value = case.truth
                    errors.append(abs(float(analysis.verdict.evidence[key]) / value - 1))
            elif options.verbose:
                print(
                    f"    seed {seed}: {analysis.counts.attempted} attempts, {analysis.counts.handshake} + "
                    f"{analysis.counts.data} closures"
                )
                for hypothesis in analysis.hypotheses[:4]:
                    print(
                        f"      {hypothesis.cause} {hypothesis.score}: {hypothesis.finding} | "
                        f"{hypothesis.support} | {hypothesis.against}"
                    )
        good = verdicts[case.cause]
        right, total = right + good, total + options.seeds
        others = ", ".join(f"{name} {n}" for name, n in verdicts.most_common() if name != case.cause)
        worst = (
            f"error median {sorted(errors)[len(errors) // 2]:.1%} worst {max(errors):.1%}" if errors else ""
        )
        sure = f"confidence {sum(confidences) / len(confidences):.2f}" if confidences else ""
        took = (time.perf_counter() - began) / options.seeds
        print(
            f"{case.name:34s} {good:3d}/{options.seeds} {sure:16s} {worst:36s} {took:5.2f} s {others}",
            flush=True,
        )
    print(f"{right} of {total}")


if __name__ == "__main__":
    main()
