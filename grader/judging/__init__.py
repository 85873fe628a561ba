"""One check and one learner's names: run, compared with known mistakes, said in words."""
