"""The checks of lesson 04: what a convolution costs, the Bottleneck, a budget for it, and where its stride belongs."""
