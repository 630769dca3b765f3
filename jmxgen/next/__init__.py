"""The next run as a file: the scenario, or a foreign plan, with the changes that a verdict asks for."""
