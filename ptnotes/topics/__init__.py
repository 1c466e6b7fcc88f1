"""One file a topic, in the order of the notes: backward, linreg, logistic, diabetes, mnist, seq,
names. Each reads 1 data, 2 model, 3 loss and optimizer, 4 training cycle; ``run`` comes last.
"""
