"""Images a second of ResNet18 in PyTorch, for comparison with `trainer bench --resnet18`.

    python scripts/resnet18_pytorch.py --side 224 --batch 16 --steps 20 --threads 2

Needs the `torch` package alone: the network is written out here as torchvision has it, with AdamW and a step on a batch
that is in memory already. `--bfloat16` computes as the trainer does on processors that have it.
"""

import argparse
import time

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        skip = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + skip)


def resnet18(classes):
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for layer, outputs in enumerate([64, 128, 256, 512]):
        for block in range(2):
            layers.append(Block(inputs, outputs, 2 if layer > 0 and block == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--classes", type=int, default=400)
    parser.add_argument("--bfloat16", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = resnet18(options.classes).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-3)
    pictures = torch.randint(0, 256, (options.batch, 3, options.side, options.side), dtype=torch.uint8)
    truth = torch.randint(0, options.classes, (options.batch,))

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bfloat16):
            logits = model(pictures.float() / 255)
        loss = nn.functional.cross_entropy(logits.float(), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    for _ in range(3):
        step()
    start = time.perf_counter()
    for _ in range(options.steps):
        step()
    seconds = time.perf_counter() - start
    precision = "bfloat16" if options.bfloat16 else "float32"
    rate = options.steps * options.batch / seconds
    print(f"PyTorch {torch.__version__}, {precision}, {options.threads} threads: {rate:.1f} images/s")


if __name__ == "__main__":
    main()
