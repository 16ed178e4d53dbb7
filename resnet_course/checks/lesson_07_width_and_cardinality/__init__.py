"""The checks of lesson 07: the channels of a Wide ResNet, split–transform–merge, the block of ResNeXt, a choice."""
