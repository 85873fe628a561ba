"""Tests of the widgets, a package so that a name such as test_saliency may stand here as well as beside it."""
