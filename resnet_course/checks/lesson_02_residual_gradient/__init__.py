"""The checks of lesson 02: finite differences, the residual wrapper, its Jacobian, its paths, its start as identity."""
