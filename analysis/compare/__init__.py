"""What changed between two runs (`two_runs`), and over several (`trend`)."""
