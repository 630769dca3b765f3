"""A verdict played back: the faults that it implies, the recorded load, and whether both runs are alike."""
