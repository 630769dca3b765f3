"""Simulated runs: the same faults in simulated time, end to end to the rows of a JTL that JMeter would write.

run = simulate(seed=7, cause="outage")
run.write_jtl(path)
run.truth
"""

from jmxgen.simulator.runs.draw import draw, simulate
from jmxgen.simulator.runs.kinds import KINDS
from jmxgen.simulator.runs.play import Fault, Script, SimulatedRun, play

__all__ = ["KINDS", "Fault", "Script", "SimulatedRun", "draw", "play", "simulate"]
