"""Images a second of ResNet18 in PyTorch, for comparison with `trainer bench --resnet18`.

    python scripts/resnet18_pytorch.py --side 224 --batch 16 --steps 20 --threads 2

Needs the `torch` package alone: the network is written out here as torchvision has it, with AdamW and a step on a batch
that is in memory already. `--bfloat16` computes as the trainer does on processors that have it, `--device cuda --float16` as
it does on cards.
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
    parser.add_argument("--float16", action="store_true")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    model = resnet18(options.classes).train().to(device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-3)
    pictures = torch.randint(0, 256, (options.batch, 3, options.side, options.side), dtype=torch.uint8).to(device)
    truth = torch.randint(0, options.classes, (options.batch,)).to(device)
    narrow = torch.float16 if options.float16 else torch.bfloat16
    scaler = torch.amp.GradScaler(options.device, enabled=options.float16)

    def step():
        with torch.autocast(options.device, dtype=narrow, enabled=options.bfloat16 or options.float16):
            logits = model(pictures.float() / 255)
        loss = nn.functional.cross_entropy(logits.float(), truth)
        optimiser.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        # A card computes on while this goes on; what comes back has been computed.
        return loss.item()

    for _ in range(3):
        step()
    start = time.perf_counter()
    for _ in range(options.steps):
        step()
    seconds = time.perf_counter() - start
    precision = "float16" if options.float16 else "bfloat16" if options.bfloat16 else "float32"
    rate = options.steps * options.batch / seconds
    where = "" if options.device == "cpu" else f" on {torch.cuda.get_device_name()}"
    print(f"PyTorch {torch.__version__}{where}, {precision}, {options.threads} threads: {rate:.1f} images/s")


if __name__ == "__main__":
    main()
