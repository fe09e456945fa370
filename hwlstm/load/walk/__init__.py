"""What every importer that walks a graph needs: sizes that stay open, tensors, labelled data.

No size is ever put in for one that a model leaves open. Integers of shape arithmetic and labels of
data are polynomials (polynomial.py); an operator is either exact for every size or refused. Two
polynomials that are equal are equal for every size, and two that agree for every size are equal:
so what a walk reads, the model does at every size, and no window, modulus or clamp can hide.
"""
