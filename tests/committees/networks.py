"""Small networks that count how often their parts run."""

import torch
from torch import nn


def seeded(module, seed=0):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
    return module.eval()


class Part(nn.Conv2d):
    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x)


class Counting(nn.Module):
    """Two convolutions with batch norm, dropout between them."""

    def __init__(self, classes=4, seed=0, dropout=0.1):
        super().__init__()
        self.calls = 0
        self.first = Part(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(dropout)
        self.second = Part(6, classes, 3, padding=1)
        seeded(self, seed)

    def forward(self, x):
        self.calls += 1
        return self.second(self.dropout(self.relu(self.norm(self.first(x)))))

    def features(self, x, taps):
        logits = self(x)
        return logits, dict.fromkeys(taps, logits * 2)


class Pointwise(nn.Module):
    """Sees each pixel alone: every transformed copy must give the same, mapped back."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 1)
        seeded(self)

    def forward(self, x):
        return self.convolution(x)


def images(batch=2, size=(7, 9), seed=1):
    return torch.randn(batch, 3, *size, generator=torch.Generator().manual_seed(seed))
