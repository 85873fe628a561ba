"""A class: its folder, its submissions, marking, results, gradebook, report."""
