"""Early warnings on the read side: which branches have fallen below their own normal.

`judging` turns monthly histograms into findings (pure), `keeping` computes and stores them over the
whole network (workers), `reading` cuts them to what a viewer may see. Nobody here tells anyone.
"""
