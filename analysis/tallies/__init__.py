"""What is summed while rows pass: per second, per label, and when anything happened at all.

All three are `Sums`, which chunks and files add to; a module each turns rows into what is summed, and the
sums into its table.
"""
