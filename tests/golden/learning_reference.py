"""Reference values of the logistic regression and of the metrics, by scikit-learn.

    pip install numpy scikit-learn
    python tests/golden/learning_reference.py

prints the numbers that stand in the tests of `models/success/src/logistic.rs` (made with scikit-learn 1.9.1). The
rows are sines of their place, so that both sides can make them.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, log_loss

N, RIDGE = 200, 0.05
i, f = np.arange(N)[:, None], np.arange(23)[None, :]
x = np.sin(1.7 * i + 0.9 * f * f + 0.3 * i * f)
cls = np.array([(k * k + k // 7) % 4 for k in range(N)])
cls[x[:, 2] > 0.6] = 3
weight = 1.0 + (np.arange(N) % 3)

# Rust minimises the weighted mean loss + ridge/2 Σ slopes²; scikit-learn the sum + 1/(2C) Σ slopes².
model = LogisticRegression(C=1 / (RIDGE * weight.sum()), tol=1e-10, max_iter=10000)
model.fit(x, cls, sample_weight=weight)
p = model.predict_proba(x)
print("counts", np.bincount(cls))
print("first row", ", ".join(f"{v:.7f}" for v in p[0]))
print("log loss", round(log_loss(cls, p, sample_weight=weight), 7))
print("brier", round(brier_score_loss(cls, p, sample_weight=weight, scale_by_half=False), 7))
print("balanced accuracy", round(balanced_accuracy_score(cls, p.argmax(1), sample_weight=weight), 7))
