"""Observe and judge a learner's residual block: BasicBlock (lesson 03), Bottleneck (04), or that with groups (07).

What is the same for every block stands here, its messages in ``messages/<language>/blocks.toml``; what only one block
can get wrong is in its `BlockKind`, with messages in its own lesson.
"""
